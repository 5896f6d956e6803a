//! Compiles the address-country map. In: the two xz-packed tables of ranges. Out: the compact map that `sensor` carries, and the numbers
//! for its provenance. Never: a range that is wider than the narrowest one which names an address.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::io::Write;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::process::Command;

/// Version of the tables, `YYYYMMDD`, from the package's version 2.3.2026061719.
const VERSION: u32 = 20_260_617;

type Range = (u128, u128, [u8; 2]);

/// `xtask geo FOLDER`: reads the tables in FOLDER, writes `crates/sensor/data/country.map`.
///
/// # Errors
/// Where a table is missing or has a row that is none; nothing is written then.
pub(crate) fn run(folder: &Path) -> Result<()> {
    let v4 = read(&folder.join("geo-whois-asn-country-ipv4.csv.xz"), |text| {
        Ok(u128::from(u32::from(text.parse::<Ipv4Addr>()?)))
    })?;
    let v6 = read(&folder.join("geo-whois-asn-country-ipv6.csv.xz"), |text| {
        Ok(u128::from(text.parse::<Ipv6Addr>()?))
    })?;
    let rows = v4.len() + v6.len();
    let mut map = b"SKMAP1\n\0".to_vec();
    map.extend_from_slice(&VERSION.to_le_bytes());
    let (v4, v6) = (paint(v4), paint(v6));
    for table in [&v4, &v6] {
        encode(table, &mut map);
    }
    let out = crate::root().join("crates/sensor/data/country.map");
    std::fs::File::create(&out)
        .and_then(|mut file| file.write_all(&map))
        .with_context(|| format!("cannot write {}", out.display()))?;
    eprintln!(
        "{rows} rows; {} and {} steps; {} bytes",
        v4.len(),
        v6.len(),
        map.len()
    );
    Ok(())
}

fn read(path: &Path, address: impl Fn(&str) -> Result<u128>) -> Result<Vec<Range>> {
    let unpacked = Command::new("xz")
        .arg("-dc")
        .arg(path)
        .output()
        .context("cannot run `xz`")?;
    if !unpacked.status.success() {
        bail!("cannot unpack {}", path.display());
    }
    let text = String::from_utf8(unpacked.stdout)?;
    let mut ranges = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let row = || -> Result<Range> {
            let mut parts = line.split(',');
            let mut part = || parts.next().context("a column is missing");
            let (first, last) = (address(part()?)?, address(part()?)?);
            let country: [u8; 2] = part()?.as_bytes().try_into()?;
            if last < first || !country.iter().all(u8::is_ascii_uppercase) {
                bail!("no range of a country");
            }
            Ok((first, last, country))
        };
        ranges.push(row().with_context(|| format!("{} line {}", path.display(), at + 1))?);
    }
    Ok(ranges)
}

/// Lays wide ranges first and narrow ones over them; returns the steps at which the country changes.
fn paint(mut ranges: Vec<Range>) -> Vec<(u128, [u8; 2])> {
    ranges.sort_by_key(|&(first, last, _)| std::cmp::Reverse(last - first));
    let mut steps = BTreeMap::from([(0u128, *b"--")]);
    for (first, last, country) in ranges {
        let behind = steps.range(..=last).next_back().map_or(*b"--", |(_, &c)| c);
        let inside: Vec<u128> = steps.range(first..=last).map(|(&at, _)| at).collect();
        for at in inside {
            steps.remove(&at);
        }
        steps.insert(first, country);
        if let Some(next) = last.checked_add(1) {
            steps.entry(next).or_insert(behind);
        }
    }
    let mut out: Vec<(u128, [u8; 2])> = Vec::new();
    for (at, country) in steps {
        if out.last().is_none_or(|&(_, last)| last != country) {
            out.push((at, country));
        }
    }
    out
}

/// Count, then for each step the distance from the one before as LEB128 and the two letters' place among the countries.
fn encode(steps: &[(u128, [u8; 2])], out: &mut Vec<u8>) {
    let countries: std::collections::BTreeSet<[u8; 2]> = steps.iter().map(|s| s.1).collect();
    let countries: Vec<[u8; 2]> = countries.into_iter().collect();
    out.push(countries.len() as u8);
    out.extend(countries.iter().flatten());
    out.extend_from_slice(&(steps.len() as u32).to_le_bytes());
    let mut before = 0;
    for &(at, country) in steps {
        let mut distance = at - before;
        before = at;
        while distance >= 0x80 {
            out.push(distance as u8 | 0x80);
            distance >>= 7;
        }
        out.push(distance as u8);
        out.push(countries.binary_search(&country).unwrap_or_default() as u8);
    }
}
