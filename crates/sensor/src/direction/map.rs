//! The address-country map that is compiled into the program. In: `data/country.map`, made by `cargo xtask geo`. Out: the country of an address.
//! Never: a file at run time.

use sakimori_custody::record::Country;
use std::sync::LazyLock;

static COMPILED: &[u8] = include_bytes!("../../data/country.map");

/// First addresses of steps with the country that begins there.
pub struct CountryMap {
    version: u64,
    v4: Vec<u32>,
    v4_countries: Vec<Country>,
    /// For each /16, the step at which a search begins.
    v4_index: Vec<u32>,
    v6: Vec<u128>,
    v6_countries: Vec<Country>,
}

struct Reader(&'static [u8]);

impl Reader {
    fn take(&mut self, count: usize) -> &'static [u8] {
        let (head, rest) = self.0.split_at_checked(count).unwrap_or((&[], &[]));
        self.0 = rest;
        head
    }

    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or_default()
    }

    fn u32(&mut self) -> u32 {
        self.take(4)
            .first_chunk()
            .map_or(0, |four| u32::from_le_bytes(*four))
    }

    /// One table: countries, then steps as distances.
    fn table(&mut self) -> (Vec<u128>, Vec<Country>) {
        let count = usize::from(self.byte());
        let names = self.take(2 * count).as_chunks::<2>().0;
        let countries: Vec<Country> = names
            .iter()
            .map(|&code| Country::new(code).unwrap_or(Country::UNKNOWN))
            .collect();
        let steps = self.u32() as usize;
        let (mut starts, mut places) = (Vec::with_capacity(steps), Vec::with_capacity(steps));
        let mut at = 0u128;
        for _ in 0..steps {
            let (mut distance, mut shift) = (0u128, 0u32);
            loop {
                let byte = self.byte();
                distance |= u128::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
                shift += 7;
                if byte & 0x80 == 0 {
                    break;
                }
            }
            at = at.wrapping_add(distance);
            starts.push(at);
            let country = countries.get(usize::from(self.byte())).copied();
            places.push(country.unwrap_or(Country::UNKNOWN));
        }
        (starts, places)
    }
}

impl CountryMap {
    /// The map, unpacked at the first call.
    ///
    /// # Cost
    /// About 5 ms and 10 MB, once per process.
    pub fn compiled_in() -> &'static Self {
        static MAP: LazyLock<CountryMap> = LazyLock::new(CountryMap::unpack);
        &MAP
    }

    fn unpack() -> Self {
        let mut reader = Reader(COMPILED);
        reader.take(8);
        let version = u64::from(reader.u32());
        let (v4, v4_countries) = reader.table();
        let (v6, v6_countries) = reader.table();
        let v4: Vec<u32> = v4.into_iter().map(|start| start as u32).collect();
        let v4_index = (0..=0x1_0000u32)
            .map(|high| {
                v4.partition_point(|&start| u64::from(start) < u64::from(high) << 16) as u32
            })
            .collect();
        Self {
            version,
            v4,
            v4_countries,
            v4_index,
            v6,
            v6_countries,
        }
    }

    /// Version, `YYYYMMDD`.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Country of an address, IPv4 mapped; unknown where no range names it.
    ///
    /// # Cost
    /// IPv4: a table of /16 and a search of the steps in it; IPv6: a binary search of 275,000 steps.
    pub fn country(&self, address: u128) -> Country {
        let found = if address >> 32 == 0xffff {
            let v4 = address as u32;
            let high = (v4 >> 16) as usize;
            let bound = |at: usize| self.v4_index.get(at).map_or(0, |&step| step as usize);
            let (from, to) = (bound(high), bound(high + 1));
            let inside = self.v4.get(from..to).unwrap_or_default();
            let step = from + inside.partition_point(|&start| start <= v4);
            step.checked_sub(1)
                .and_then(|step| self.v4_countries.get(step))
        } else {
            let step = self.v6.partition_point(|&start| start <= address);
            step.checked_sub(1)
                .and_then(|step| self.v6_countries.get(step))
        };
        found.copied().unwrap_or(Country::UNKNOWN)
    }
}
