//! Finds the assets that an advisory may mean. In: assets, once; then advisories. Out: hits in the order of claims and assets. Never: a pass over all assets for one advisory;
//! what a look-up costs depends on what it finds.

use super::advisory::{Advisory, Claim, model_fits, model_key};
use super::feedback::Memory;
use super::names::{Alias, AliasKind, Aliases, key, maker_key};
use super::{Doubt, Outcome};
use crate::csaf::products::Status;
use crate::version::Answer;
use crate::version::cpe::Cpe;
use crate::version::purl::Purl;
use std::collections::{BTreeMap, HashMap};

/// Id of an asset in the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AssetId(pub u64);

/// A registered asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its id.
    pub id: AssetId,
    /// Operator who registered it.
    pub operator: String,
    /// Minister who is competent for the operator.
    pub minister: String,
    /// Maker as the operator wrote it; empty if unknown.
    pub maker: String,
    /// Product as the operator wrote it.
    pub product: String,
    /// Model number.
    pub model: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// How many there are.
    pub count: u32,
    /// CPE name.
    pub cpe: Option<String>,
    /// Package URL.
    pub purl: Option<String>,
}

/// An asset that a claim may mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Place of the claim in the advisory.
    pub claim: usize,
    /// The asset.
    pub asset: AssetId,
    /// What it means for it.
    pub outcome: Outcome,
}

/// How many places may be left before the index is made anew, beside as many as there are assets.
const PLACES_LEFT: usize = 1000;

/// Places of assets.
type Places = Vec<u32>;

/// Assets by the keys under which advisories look for them.
#[derive(Clone, Debug, Default)]
pub struct Index {
    assets: Vec<Asset>,
    by_id: HashMap<AssetId, u32>,
    /// Maker and product to assets: by maker, then by product, so that a maker's products can be walked through.
    products: HashMap<String, BTreeMap<String, Places>>,
    /// Makers and products that have this word in the product's name.
    words: HashMap<(String, String), Vec<String>>,
    /// Model numbers, in order, so that those with one beginning stand together.
    models: BTreeMap<String, Places>,
    /// Vendor and product of a CPE name.
    cpes: HashMap<(String, String), Places>,
    /// Type, namespace and name of a package URL.
    purls: HashMap<(String, String, String), Places>,
}

/// How sure it is that a claim means a product.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sure {
    Maker,
    Product,
    Same,
}

impl Index {
    /// An index over assets. Of two with one id the later counts.
    pub fn new(assets: Vec<Asset>, aliases: &Aliases) -> Self {
        let mut index = Self::default();
        for asset in assets {
            index.add(asset, aliases);
        }
        index
    }

    /// Adds an asset, in the place of one with its id.
    pub fn put(&mut self, asset: Asset, aliases: &Aliases) {
        if self.asset(asset.id) != Some(&asset) {
            self.add(asset, aliases);
        }
    }

    /// Takes an asset away.
    pub fn remove(&mut self, id: AssetId) {
        self.by_id.remove(&id);
    }

    /// Moves the assets whose name a new pair is about to the key that it has now. `aliases` has the pair already.
    pub fn rename(&mut self, pair: &Alias, aliases: &Aliases) {
        let places: Vec<u32> = match &pair.kind {
            AliasKind::Maker => {
                let products = self.products.remove(&maker_key(&pair.written));
                products
                    .into_iter()
                    .flat_map(BTreeMap::into_values)
                    .flatten()
                    .collect()
            }
            AliasKind::Product { maker } => {
                let products = self.products.get_mut(&aliases.maker(maker));
                let places = products.and_then(|products| products.remove(&key(&pair.written)));
                places.unwrap_or_default()
            }
        };
        for place in places {
            if let Some(asset) = self.living(place).cloned() {
                self.add(asset, aliases);
            }
        }
    }

    /// The asset at a place, unless it has left it.
    fn living(&self, place: u32) -> Option<&Asset> {
        let asset = self.assets.get(place as usize)?;
        (self.by_id.get(&asset.id) == Some(&place)).then_some(asset)
    }

    /// Makes the index anew of the assets that it has, if more than half of its places were left.
    pub fn tidy(&mut self, aliases: &Aliases) {
        if self.assets.len() <= 2 * self.by_id.len() + PLACES_LEFT {
            return;
        }
        let all = std::mem::take(self);
        let by_id = all.by_id;
        let living = all
            .assets
            .into_iter()
            .zip(0u32..)
            .filter(|(asset, place)| by_id.get(&asset.id) == Some(place));
        *self = Self::new(living.map(|(asset, _)| asset).collect(), aliases);
    }

    /// Its assets under other names throughout.
    #[must_use]
    pub fn renamed(&self, aliases: &Aliases) -> Self {
        let living = (0u32..)
            .take(self.assets.len())
            .filter_map(|place| self.living(place).cloned());
        Self::new(living.collect(), aliases)
    }

    fn add(&mut self, asset: Asset, aliases: &Aliases) {
        let Ok(place) = u32::try_from(self.assets.len()) else {
            return;
        };
        self.by_id.insert(asset.id, place);
        let maker = aliases.maker(&asset.maker);
        let product = aliases.product(&maker, &asset.product);
        if let Some(model) = &asset.model {
            let model = model_key(model);
            if !model.is_empty() {
                self.models.entry(model).or_default().push(place);
            }
        }
        if let Some(cpe) = asset.cpe.as_deref().and_then(|cpe| Cpe::read(cpe).ok())
            && let (Some(vendor), Some(name)) = (cpe.vendor(), cpe.product())
        {
            self.cpes.entry((vendor, name)).or_default().push(place);
        }
        if let Some(purl) = asset.purl.as_deref().and_then(|purl| Purl::read(purl).ok()) {
            self.purls.entry(purl_key(&purl)).or_default().push(place);
        }
        let places = self.products.entry(maker.clone()).or_default();
        if !places.contains_key(&product) {
            for word in words(&product) {
                let key = (maker.clone(), word.to_owned());
                self.words.entry(key).or_default().push(product.clone());
            }
        }
        places.entry(product).or_default().push(place);
        self.assets.push(asset);
    }

    /// An asset by its id.
    pub fn asset(&self, id: AssetId) -> Option<&Asset> {
        let place = self.by_id.get(&id)?;
        self.assets.get(*place as usize)
    }

    /// How many assets there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The assets that an advisory may mean.
    pub fn find(&self, advisory: &Advisory, memory: &Memory) -> Vec<Hit> {
        let mut hits = Vec::new();
        for (place, claim) in advisory.claims.iter().enumerate() {
            let mut found: BTreeMap<u32, Sure> = BTreeMap::new();
            self.candidates(claim, &mut found);
            let mut judged = Judged::new(claim);
            for (asset_place, sure) in found {
                // An asset that was registered anew has left its old place.
                let Some(asset) = self.living(asset_place) else {
                    continue;
                };
                let Some(outcome) = judged.outcome(asset, sure) else {
                    continue;
                };
                if let Some(outcome) = memory.left(&advisory.id, claim, asset, outcome) {
                    hits.push(Hit {
                        claim: place,
                        asset: asset.id,
                        outcome,
                    });
                }
            }
        }
        hits
    }

    fn candidates(&self, claim: &Claim, found: &mut BTreeMap<u32, Sure>) {
        let mut take = |places: &Places, sure: Sure| {
            for place in places {
                let known = found.entry(*place).or_insert(sure);
                *known = sure.max(*known);
            }
        };
        for pattern in &claim.models {
            let begin = pattern.split(['*', '?']).next().unwrap_or_default();
            if begin.len() < MODEL_BEGIN_MIN {
                continue;
            }
            let from = self.models.range(begin.to_owned()..);
            let near = from.take_while(|(model, _)| model.starts_with(begin));
            for (_, places) in near.filter(|(model, _)| model_fits(pattern, model)) {
                take(places, Sure::Same);
            }
        }
        if let Some(cpe) = &claim.cpe
            && let (Some(vendor), Some(product)) = (cpe.vendor(), cpe.product())
            && let Some(places) = self.cpes.get(&(vendor, product))
        {
            take(places, Sure::Same);
        }
        for purl in &claim.purls {
            if let Some(places) = self.purls.get(&purl_key(purl)) {
                take(places, Sure::Same);
            }
        }
        if let Some(products) = self.products.get(&claim.maker) {
            if let Some(places) = products.get(&claim.product) {
                take(places, Sure::Same);
            }
            for name in self.alike(claim) {
                if let Some(places) = products.get(name) {
                    take(places, Sure::Product);
                }
            }
        }
        // Assets of which nobody wrote down the maker.
        if !claim.maker.is_empty()
            && let Some(places) = self.products.get("").and_then(|p| p.get(&claim.product))
        {
            take(places, Sure::Maker);
        }
    }

    /// Names of the same maker of which one has all words of the other: "S7-1500" and "SIMATIC S7-1500 CPU family".
    fn alike<'i>(&'i self, claim: &'i Claim) -> Vec<&'i String> {
        let wanted: Vec<&str> = words(&claim.product).collect();
        let mut names: Vec<&String> = Vec::new();
        for word in &wanted {
            let key = (claim.maker.clone(), (*word).to_owned());
            names.extend(self.words.get(&key).into_iter().flatten());
        }
        names.sort_unstable();
        names.dedup();
        names.retain(|name| {
            let own: Vec<&str> = words(name).collect();
            let within = |a: &[&str], b: &[&str]| a.iter().all(|word| b.contains(word));
            **name != claim.product && (within(&wanted, &own) || within(&own, &wanted))
        });
        names
    }
}

/// Shortest beginning of a model number that is looked for by itself, in signs: `6` alone would be half of a register.
const MODEL_BEGIN_MIN: usize = 4;

/// A model number with every digit as `0` and every letter as `a`: numbers of one numbering look alike.
fn shape(model: &str) -> String {
    let sign = |c: char| if c.is_ascii_digit() { '0' } else { 'a' };
    model.chars().map(sign).collect()
}

/// Words that say nothing of which product is meant.
const COMMON: [&str; 12] = [
    "series", "family", "firmware", "software", "product", "products", "the", "and", "for",
    "version", "all", "system",
];

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(' ')
        .filter(|word| !word.is_empty() && !COMMON.contains(word))
}

fn purl_key(purl: &Purl) -> (String, String, String) {
    let namespace = purl.namespace.clone().unwrap_or_default();
    (purl.kind.clone(), namespace, purl.name.clone())
}

/// A claim and what it says of each version, so that each is compared once.
struct Judged<'c> {
    claim: &'c Claim,
    versions: HashMap<String, Answer>,
}

impl<'c> Judged<'c> {
    fn new(claim: &'c Claim) -> Self {
        Self {
            claim,
            versions: HashMap::new(),
        }
    }

    fn version(&mut self, version: &str) -> Answer {
        if let Some(known) = self.versions.get(version) {
            return *known;
        }
        let answer = self.claim.holds(version);
        self.versions.insert(version.to_owned(), answer);
        answer
    }

    /// What the claim means for an asset; nothing where it says nothing of its version.
    fn outcome(&mut self, asset: &Asset, sure: Sure) -> Option<Outcome> {
        let mut doubts = Vec::new();
        match sure {
            Sure::Same => {}
            Sure::Product => doubts.push(Doubt::Product),
            Sure::Maker => doubts.push(Doubt::Maker),
        }
        if let Some(doubt) = self.model(asset)? {
            doubts.push(doubt);
        }
        let version = asset.version.as_deref().filter(|v| !key(v).is_empty());
        let inside = match version {
            None if self.claim.range == crate::version::Range::All => Answer::Yes,
            None => {
                doubts.push(Doubt::VersionUnknown);
                Answer::Unsure
            }
            Some(version) => self.version(version),
        };
        if version.is_some() && inside == Answer::Unsure {
            doubts.push(Doubt::Version);
        }
        match (self.claim.status, inside) {
            // Another claim of the advisory may speak of this version; this one does not, whatever product it is.
            (Status::Affected, Answer::No) => Some(Outcome::NotAffected),
            (_, Answer::No) => None,
            (Status::Affected, _) if doubts.is_empty() => Some(Outcome::Affected),
            (Status::Affected, _) => Some(Outcome::Question(doubts)),
            (Status::Fixed | Status::NotAffected, Answer::Yes) if doubts.is_empty() => {
                Some(Outcome::NotAffected)
            }
            // That a product alike is mended, or that this version may be, is no news and no question.
            (Status::Fixed | Status::NotAffected | Status::Recommended, _) => None,
            (Status::Investigated | Status::Unknown, _) => {
                doubts.push(Doubt::Status);
                Some(Outcome::Question(doubts))
            }
        }
    }

    /// Whether the model is in doubt; nothing where it is another one.
    fn model(&self, asset: &Asset) -> Option<Option<Doubt>> {
        if self.claim.models.is_empty() {
            return Some(None);
        }
        let Some(model) = asset
            .model
            .as_deref()
            .map(model_key)
            .filter(|m| !m.is_empty())
        else {
            return Some(Some(Doubt::Model));
        };
        let fits = self
            .claim
            .models
            .iter()
            .any(|pattern| model_fits(pattern, &model));
        if fits {
            return Some(None);
        }
        // Another number of the same numbering is another model. A number of another kind, such as the short name on the front, says nothing.
        let same_kind = self
            .claim
            .models
            .iter()
            .any(|pattern| shape(pattern) == shape(&model));
        (!same_kind).then_some(Some(Doubt::Model))
    }
}
