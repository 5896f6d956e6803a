//! One name for what many call differently. In: names as people write them, and a table of those that mean the same. Out: keys that compare. Never: a likeness by sound or
//! distance; two names are one because somebody said so, and it is on record who.

use crate::limits::TEXT_BYTES_MAX;
use sakimori_custody::time::Seconds;
use std::collections::HashMap;

/// What a pair of names is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum AliasKind {
    /// Two names of a maker.
    Maker,
    /// Two names of a product of this maker.
    Product {
        /// The maker.
        maker: String,
    },
}

/// Two names for one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// What it is about.
    pub kind: AliasKind,
    /// The name that is met.
    pub written: String,
    /// The name that is meant.
    pub means: String,
    /// Who says so: a document, a registry, an operator.
    pub source: String,
    /// When it was taken.
    pub taken: Seconds,
}

/// Why a pair is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AliasError {
    /// A name has no letter or digit.
    #[error("`{written}`: a name is empty")]
    Empty {
        /// The name that was met.
        written: String,
    },
    /// Nobody says so.
    #[error("`{written}`: no source is given")]
    Unsourced {
        /// The name that was met.
        written: String,
    },
    /// It leads elsewhere already.
    #[error("`{written}` means `{means}` already, says {source_before}")]
    Taken {
        /// The name that was met.
        written: String,
        /// What it means.
        means: String,
        /// Who said so.
        source_before: String,
    },
    /// What it means, means itself something else: the table would be a chain.
    #[error("`{written}`: a pair begins where another ends")]
    Chain {
        /// The name that was met.
        written: String,
    },
}

/// A table of pairs.
#[derive(Clone, Debug, Default)]
pub struct Aliases {
    pairs: Vec<Alias>,
    makers: HashMap<String, (String, usize)>,
    /// By key of the maker, then of the product.
    products: HashMap<(String, String), (String, usize)>,
}

/// Forms of companies, which are left out at the end of a maker's name.
const FORMS: [&str; 28] = [
    "inc",
    "incorporated",
    "corp",
    "corporation",
    "co",
    "company",
    "ltd",
    "limited",
    "llc",
    "llp",
    "plc",
    "gmbh",
    "ag",
    "kg",
    "se",
    "sa",
    "sas",
    "spa",
    "srl",
    "bv",
    "nv",
    "ab",
    "as",
    "oy",
    "aps",
    "kk",
    "pte",
    "pty",
];

/// Forms in Japanese, at either end.
const FORMS_JA: [&str; 6] = ["株式会社", "(株)", "㈱", "有限会社", "合同会社", "(有)"];

/// The key of a name: full-width signs as ASCII, lower case, everything but letters and digits as one space.
pub fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len().min(TEXT_BYTES_MAX));
    let mut space = false;
    for c in name.chars().take(TEXT_BYTES_MAX) {
        let c = match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '®' | '™' | '©' => continue,
            c => c,
        };
        if c.is_alphanumeric() || c == 'ー' {
            if space && !key.is_empty() {
                key.push(' ');
            }
            space = false;
            key.extend(c.to_lowercase());
        } else {
            space = true;
        }
    }
    key
}

/// The key of a maker's name, without the form of the company.
pub fn maker_key(name: &str) -> String {
    let mut bare = name.trim().replace('（', "(").replace('）', ")");
    for form in FORMS_JA {
        let cut = bare.strip_prefix(form).or_else(|| bare.strip_suffix(form));
        if let Some(cut) = cut.map(|cut| cut.trim().to_owned())
            && !cut.is_empty()
        {
            bare = cut;
        }
    }
    // "S.A." and "B.V." are one word, not two letters.
    let joined = key(&bare.replace('.', ""));
    let mut words: Vec<&str> = joined.split(' ').collect();
    while words.len() > 1 && words.last().is_some_and(|word| FORMS.contains(word)) {
        words.pop();
    }
    words.join(" ")
}

impl Aliases {
    /// A table without pairs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a pair.
    ///
    /// # Errors
    /// [`AliasError`]; the table is unchanged.
    pub fn add(&mut self, alias: Alias) -> Result<(), AliasError> {
        let written = alias.written.clone();
        if alias.source.trim().is_empty() {
            return Err(AliasError::Unsourced { written });
        }
        let keys = |of: fn(&str) -> String| (of(&alias.written), of(&alias.means));
        let (from, to) = match alias.kind {
            AliasKind::Maker => keys(maker_key),
            AliasKind::Product { .. } => keys(key),
        };
        if from.is_empty() || to.is_empty() {
            return Err(AliasError::Empty { written });
        }
        if from == to {
            return Ok(());
        }
        let place = self.pairs.len();
        match &alias.kind {
            AliasKind::Maker => {
                let chain = self.makers.contains_key(&to)
                    || self.makers.values().any(|(means, _)| *means == from);
                self.refuse(&written, self.makers.get(&from), &to, chain)?;
                self.makers.insert(from, (to, place));
            }
            AliasKind::Product { maker } => {
                let maker = self.maker(maker);
                let (from, target) = ((maker.clone(), from), (maker, to.clone()));
                let ends = |(whose, _): &(String, String), means: &String| {
                    *whose == from.0 && *means == from.1
                };
                let chain = self.products.contains_key(&target)
                    || self.products.iter().any(|(k, (means, _))| ends(k, means));
                self.refuse(&written, self.products.get(&from), &to, chain)?;
                self.products.insert(from, (to, place));
            }
        }
        self.pairs.push(alias);
        Ok(())
    }

    fn refuse(
        &self,
        written: &str,
        known: Option<&(String, usize)>,
        to: &str,
        chain: bool,
    ) -> Result<(), AliasError> {
        let written = written.to_owned();
        if let Some((means, place)) = known {
            if means == to {
                return Ok(());
            }
            let source = self.pairs.get(*place).map(|alias| alias.source.clone());
            return Err(AliasError::Taken {
                written,
                means: means.clone(),
                source_before: source.unwrap_or_default(),
            });
        }
        if chain {
            return Err(AliasError::Chain { written });
        }
        Ok(())
    }

    /// The key of the maker that is meant.
    pub fn maker(&self, name: &str) -> String {
        let key = maker_key(name);
        self.makers
            .get(&key)
            .map_or(key, |(means, _)| means.clone())
    }

    /// The key of the product that is meant. The maker's own name at its beginning is left out.
    pub fn product(&self, maker_key: &str, name: &str) -> String {
        let mut own = key(name);
        if let Some(rest) = own
            .strip_prefix(maker_key)
            .and_then(|r| r.strip_prefix(' '))
        {
            own = String::from(rest);
        }
        let found = self.products.get(&(maker_key.to_owned(), own.clone()));
        found.map_or(own, |(means, _)| means.clone())
    }

    /// All pairs, in the order in which they were taken.
    pub fn pairs(&self) -> &[Alias] {
        &self.pairs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_companies_and_widths_of_letters_do_not_count() {
        for (name, expected) in [
            ("Siemens AG", "siemens"),
            ("SIEMENS", "siemens"),
            ("三菱電機株式会社", "三菱電機"),
            ("（株）日立製作所", "日立製作所"),
            ("ＡＢＣ Co., Ltd.", "abc"),
            ("Schneider Electric S.A.", "schneider electric"),
            ("Co", "co"),
            ("!!!", ""),
        ] {
            assert_eq!(maker_key(name), expected, "{name}");
        }
        assert_eq!(key("SIMATIC® S7-1500"), "simatic s7 1500");
        assert_eq!(key("センサー"), "センサー");
    }

    #[test]
    fn a_pair_has_a_source_and_leads_to_one_name() {
        let alias = |written: &str, means: &str, source: &str| Alias {
            kind: AliasKind::Maker,
            written: written.to_owned(),
            means: means.to_owned(),
            source: source.to_owned(),
            taken: Seconds(1),
        };
        let mut aliases = Aliases::new();
        let mitsubishi = alias(
            "三菱電機",
            "Mitsubishi Electric",
            "registry of makers, 2026",
        );
        aliases.add(mitsubishi).expect("a pair");
        assert_eq!(aliases.maker("三菱電機株式会社"), "mitsubishi electric");
        assert_eq!(
            aliases.maker("Mitsubishi Electric Corporation"),
            "mitsubishi electric"
        );
        let refused = |aliases: &mut Aliases, pair| aliases.add(pair).map_err(|e| e.to_string());
        for (pair, said) in [
            (
                alias("三菱電機", "Hitachi", "x"),
                "`三菱電機` means `mitsubishi electric` already, says registry of makers, 2026",
            ),
            (
                alias("Melco", "三菱電機", "x"),
                "`Melco`: a pair begins where another ends",
            ),
            (
                alias("Mitsubishi Electric", "Melco", "x"),
                "`Mitsubishi Electric`: a pair begins where another ends",
            ),
            (
                alias("Melco", "Mitsubishi Electric", " "),
                "`Melco`: no source is given",
            ),
            (
                alias("---", "Mitsubishi Electric", "x"),
                "`---`: a name is empty",
            ),
        ] {
            assert_eq!(refused(&mut aliases, pair), Err(said.to_owned()));
        }
        let product = Alias {
            kind: AliasKind::Product {
                maker: "三菱電機".to_owned(),
            },
            ..alias("シーケンサ Q", "MELSEC-Q", "operator 7")
        };
        aliases.add(product).expect("a pair");
        let maker = aliases.maker("Mitsubishi Electric");
        assert_eq!(aliases.product(&maker, "シーケンサ Q"), "melsec q");
        assert_eq!(
            aliases.product(&maker, "Mitsubishi Electric MELSEC-Q"),
            "melsec q"
        );
        assert_eq!(aliases.pairs().len(), 2);
    }
}
