//! The compiled matcher: asked once per flow for addresses, once per name, once per hello. In: addresses, ports, names in lower case, fingerprints. Out: ids of
//! selectors. Never: the text that matched.

use crate::names::Names;
use crate::pack::Pack;
use crate::selector::Rule;
use sakimori_custody::record::Hits;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// FNV-1a over the words of a key: fixed, so that equal packs give equal matchers; the keys come from a signed pack, not from strangers.
#[derive(Default)]
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0 ^ word)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(29);
    }

    fn write_u128(&mut self, word: u128) {
        self.write_u64(word as u64);
        self.write_u64((word >> 64) as u64);
    }
}

type Table<K> = HashMap<K, Vec<u32>, BuildHasherDefault<Fnv>>;

/// A pack, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Matcher {
    addresses: Table<u128>,
    endpoints: Table<(u128, u64)>,
    /// Prefixes by their length, the lengths that occur, each with its table.
    prefixes: Vec<(u8, Table<u128>)>,
    names: Names,
    prints: Table<[u8; 36]>,
}

impl Matcher {
    /// Compiles a pack.
    ///
    /// # Cost
    /// About 40 to 100 bytes per selector; linear in their number.
    pub fn new(pack: &Pack) -> Self {
        let mut new = Self::default();
        for selector in pack.selectors() {
            let id = selector.id;
            match &selector.rule {
                Rule::Address(bytes) => {
                    new.addresses
                        .entry(u128::from_be_bytes(*bytes))
                        .or_default()
                        .push(id);
                }
                Rule::Endpoint(bytes, port, protocol) => {
                    let key = (u128::from_be_bytes(*bytes), service(*port, *protocol));
                    new.endpoints.entry(key).or_default().push(id);
                }
                Rule::Prefix(prefix) => {
                    let at = match new.prefixes.binary_search_by_key(&prefix.bits, |p| p.0) {
                        Ok(at) => at,
                        Err(at) => {
                            new.prefixes.insert(at, (prefix.bits, Table::default()));
                            at
                        }
                    };
                    if let Some((_, table)) = new.prefixes.get_mut(at) {
                        table.entry(prefix.first).or_default().push(id);
                    }
                }
                Rule::Domain(name) => new.names.rules(name).exact.push(id),
                Rule::Subdomains(name) => new.names.rules(name).below.push(id),
                Rule::Ja4(text) => new.prints.entry(text.0).or_default().push(id),
                Rule::Behaviour(_) => {}
            }
        }
        new
    }

    /// Whether any selector asks for names.
    #[inline]
    pub fn has_names(&self) -> bool {
        !self.names.is_empty()
    }

    /// Whether any selector asks for fingerprints.
    #[inline]
    pub fn has_ja4(&self) -> bool {
        !self.prints.is_empty()
    }

    /// Selectors of a flow's addresses, ports (source, destination) and protocol.
    ///
    /// # Cost
    /// Two look-ups, two more where there are endpoints, two for each prefix length that occurs.
    pub fn addresses(
        &self,
        source: &[u8; 16],
        destination: &[u8; 16],
        ports: (u16, u16),
        protocol: u8,
        hits: &mut Hits,
    ) {
        for (bytes, port) in [(source, ports.0), (destination, ports.1)] {
            let address = u128::from_be_bytes(*bytes);
            if !self.addresses.is_empty() {
                add(self.addresses.get(&address), hits);
            }
            if !self.endpoints.is_empty() {
                add(
                    self.endpoints.get(&(address, service(port, protocol))),
                    hits,
                );
            }
            for (bits, table) in &self.prefixes {
                let host = u128::MAX.checked_shr(u32::from(*bits)).unwrap_or(0);
                add(table.get(&(address & !host)), hits);
            }
        }
    }

    /// Selectors of a name, lower case, without final dot: the name itself, and each suffix at a label's border.
    ///
    /// # Cost
    /// One pass over a name that no selector asks for; for the others a look-up a label, the longest suffix first.
    pub fn name(&self, name: &[u8], hits: &mut Hits) {
        if !self.names.holds_suffix(name) {
            return;
        }
        if let Some(rules) = self.names.get(name) {
            add(Some(&rules.exact), hits);
        }
        let mut rest = Some(name);
        while let Some(suffix) = rest {
            if let Some(rules) = self.names.get(suffix) {
                add(Some(&rules.below), hits);
            }
            let dot = suffix.iter().position(|&b| b == b'.');
            rest = dot.and_then(|at| suffix.get(at + 1..));
        }
    }

    /// Selectors of a fingerprint.
    pub fn ja4(&self, print: &[u8; 36], hits: &mut Hits) {
        add(self.prints.get(print), hits);
    }
}

const fn service(port: u16, protocol: u8) -> u64 {
    (protocol as u64) << 16 | port as u64
}

fn add(ids: Option<&Vec<u32>>, hits: &mut Hits) {
    for &id in ids.into_iter().flatten() {
        hits.insert(id);
    }
}
