//! What the forms of a case say. In: fields as browsers send them. Out: acts. Never: a field that is filled in for somebody.

use super::acts;
use crate::app::Shared;
use crate::problem::{Answer, Code, Problem};
use sakimori_advisory::csaf::products::Versions;
use sakimori_advisory::publish::case::{
    MakerState, Product, ProductState, Remedy, RemedyKind, Stage, Weakness,
};
use sakimori_advisory::room::{Act, Content, Hour, Notifier};
use sakimori_advisory::ssvc::tables::{CISA_COORDINATOR, Compact, named};
use sakimori_release::Tlp;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;

/// The fields of a form.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Fields(BTreeMap<String, String>);

/// Most lines of one field.
const LINES_MAX: usize = 500;

fn bad(field: &str, what: &str) -> Problem {
    Problem::new(Code::Incomplete, format!("`{field}` {what}"))
}

impl Fields {
    /// A field as it was sent, or nothing.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// A field that is not empty.
    ///
    /// # Errors
    /// [`Code::Incomplete`].
    pub(super) fn need(&self, name: &str) -> Answer<String> {
        let value = self.get(name).trim();
        if value.is_empty() {
            return Err(bad(name, "is empty"));
        }
        Ok(value.to_owned())
    }

    fn may(&self, name: &str) -> Option<String> {
        let value = self.get(name).trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    /// A number.
    ///
    /// # Errors
    /// [`Code::Incomplete`].
    pub(super) fn number<T: std::str::FromStr>(&self, name: &str) -> Answer<T> {
        let value = self.get(name).trim().parse();
        value.map_err(|_| bad(name, "is no number"))
    }

    /// A word of a fixed list, as JSON has it.
    fn word<T: DeserializeOwned>(&self, name: &str) -> Answer<T> {
        word(name, self.get(name))
    }

    /// A local time with its zone.
    fn hour(&self) -> Answer<Hour> {
        let local = self.need("local")?;
        let seconds = if local.len() == 16 { ":00" } else { "" };
        let text = format!("{local}{seconds}{}", self.need("zone")?);
        text.parse().map_err(|e| Problem::new(Code::Incomplete, e))
    }

    fn lines(&self, name: &str) -> Answer<Vec<Vec<String>>> {
        let lines: Vec<Vec<String>> = self
            .get(name)
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.split('|').map(|part| part.trim().to_owned()).collect())
            .collect();
        if lines.len() > LINES_MAX {
            return Err(bad(name, "has more than 500 lines"));
        }
        Ok(lines)
    }
}

fn word<T: DeserializeOwned>(name: &str, value: &str) -> Answer<T> {
    let value = serde_json::Value::String(value.trim().to_owned());
    serde_json::from_value(value).map_err(|_| bad(name, "is none of the words that it may be"))
}

/// The act of a form.
///
/// # Errors
/// [`Code::Incomplete`] names the field.
pub(super) async fn act(app: &Shared, fields: &Fields) -> Answer<Act> {
    let text = || fields.need("text");
    let maker = || fields.need("maker");
    Ok(match fields.get("act") {
        "triaged" => Act::Triaged(Box::new(triage(app, fields).await?)),
        "maker-added" => Act::MakerAdded { maker: maker()? },
        "maker-contact" => Act::MakerContact {
            maker: maker()?,
            mail: fields.need("mail")?,
        },
        "told" => Act::Told {
            maker: maker()?,
            text: text()?,
            answer_by: fields.hour()?.at,
        },
        "said" => Act::Said {
            maker: maker()?,
            state: fields.word::<MakerState>("state")?,
            words: fields.may("text"),
        },
        "requested" => Act::Requested {
            maker: maker()?,
            minister: fields.need("minister")?,
            ground: fields.need("ground")?,
            text: text()?,
            reply_by: fields.hour()?.at,
        },
        "request-withdrawn" => Act::RequestWithdrawn {
            maker: maker()?,
            request: fields.number("request")?,
            why: text()?,
        },
        "notified" => Act::Notified {
            maker: maker()?,
            notifier: fields.word::<Notifier>("notifier")?,
            minister: fields.need("minister")?,
            urgency: fields.need("ground")?,
            text: text()?,
        },
        "coordinator-added" => Act::CoordinatorAdded {
            coordinator: fields.need("coordinator")?,
        },
        "coordinator-told" => Act::CoordinatorTold {
            coordinator: fields.need("coordinator")?,
            text: text()?,
        },
        "coordinator-links-ended" => Act::CoordinatorLinksEnded {
            coordinator: fields.need("coordinator")?,
            why: text()?,
        },
        "links-ended" => Act::LinksEnded {
            maker: maker()?,
            why: text()?,
        },
        "hour-set" => Act::HourSet {
            hour: fields.hour()?,
            why: text()?,
        },
        "leaked" => Act::Leaked { why: text()? },
        "drafted" => Act::Drafted(Box::new(content(fields)?)),
        "approved" => Act::Approved {
            summary: fields.need("summary")?,
        },
        "withdrawn" => Act::Withdrawn { why: text()? },
        "reporter-told" => Act::ReporterTold { text: text()? },
        "closed" => Act::Closed { why: text()? },
        "reopened" => Act::Reopened { why: text()? },
        _ => return Err(bad("act", "is none that the page has")),
    })
}

async fn triage(app: &Shared, fields: &Fields) -> Answer<sakimori_advisory::room::Triage> {
    let table = fields.may("table");
    let compact = table.as_deref().map_or(Some(&CISA_COORDINATOR), named);
    let points = compact.and_then(Compact::table);
    let points = points.map_or_else(Vec::new, |table| table.points);
    let named = points.into_iter().enumerate();
    let values = named
        .map(|(place, point)| {
            let value = fields.get(&format!("point{place}")).to_owned();
            (point.name.to_string(), value)
        })
        .collect();
    let cves = fields.get("cves").split_whitespace().map(str::to_owned);
    acts::judged(app, table.as_deref(), values, cves.collect()).await
}

/// The draft of the form: one weakness, products and remedies as lines.
fn content(fields: &Fields) -> Answer<Content> {
    let (mut products, mut states) = (Vec::new(), Vec::new());
    for (place, line) in fields.lines("products")?.into_iter().enumerate() {
        let [maker, name, versions, state] = line.as_slice() else {
            return Err(bad("products", "has a line without its four parts"));
        };
        states.push((place, word::<ProductState>("products", state)?));
        products.push(Product {
            maker: maker.clone(),
            name: name.clone(),
            versions: versions_of(versions),
            models: Vec::new(),
            cpe: None,
            purl: None,
        });
    }
    let all: Vec<usize> = (0..products.len()).collect();
    let affected: Vec<usize> = states
        .iter()
        .filter(|(_, state)| *state == ProductState::Affected)
        .map(|(place, _)| *place)
        .collect();
    let mut remedies = Vec::new();
    for line in fields.lines("remedies")? {
        let (Some(kind), Some(details)) = (line.first(), line.get(1)) else {
            return Err(bad("remedies", "has a line without its parts"));
        };
        remedies.push(Remedy {
            kind: word::<RemedyKind>("remedies", kind)?,
            details: details.clone(),
            products: if affected.is_empty() {
                all.clone()
            } else {
                affected.clone()
            },
            url: line.get(2).filter(|url| !url.is_empty()).cloned(),
        });
    }
    let mut references = Vec::new();
    for line in fields.lines("references")? {
        let [what, url] = line.as_slice() else {
            return Err(bad("references", "has a line without its two parts"));
        };
        references.push((what.clone(), url.clone()));
    }
    let tlp = Tlp::known(fields.get("tlp")).ok_or_else(|| bad("tlp", "is no marking"))?;
    Ok(Content {
        title: fields.need("title")?,
        summary: fields.need("summary")?.replace("\r\n", "\n"),
        lang: fields.need("lang")?,
        tlp,
        stage: fields.word::<Stage>("stage")?,
        products,
        weaknesses: vec![Weakness {
            cve: fields.may("cve"),
            title: fields.need("weakness")?,
            description: fields.need("description")?.replace("\r\n", "\n"),
            cwe: cwe(fields.get("cwe"))?,
            states,
            scores: score(fields.get("cvss"), affected)?,
            remedies,
            reasons: Vec::new(),
            disclosed: None,
        }],
        references,
    })
}

/// `<3.2` is a range, `3.2` a version, nothing is all of them.
fn versions_of(text: &str) -> Versions {
    match text {
        "" | "*" => Versions::Unsaid,
        range if range.contains(['<', '>', '=', ' ', '*', ':', '|', ',']) => {
            Versions::Range(range.to_owned())
        }
        one => Versions::One(one.to_owned()),
    }
}

/// `CWE-306 Missing Authentication for Critical Function`.
fn cwe(text: &str) -> Answer<Option<(String, String)>> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let parts = text.trim().split_once(' ');
    let (id, name) = parts.ok_or_else(|| bad("cwe", "has no name behind its id"))?;
    Ok(Some((id.to_owned(), name.trim().to_owned())))
}

/// `CVSS:3.1/AV:N/… 9.8`.
fn score(text: &str, products: Vec<usize>) -> Answer<Vec<(Vec<usize>, String, u8)>> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        let (vector, score) = text.trim().rsplit_once(' ')?;
        let (whole, tenth) = score.split_once('.').unwrap_or((score, "0"));
        let (whole, tenth): (u8, u8) = (whole.parse().ok()?, tenth.parse().ok()?);
        let tenths = whole.checked_mul(10)?.checked_add(tenth)?;
        (tenth < 10 && tenths <= 100).then(|| (vector.trim().to_owned(), tenths))
    };
    let (vector, tenths) = read().ok_or_else(|| bad("cvss", "is no vector with its score"))?;
    Ok(vec![(products, vector, tenths)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        let pairs = pairs.iter();
        Fields(
            pairs
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        )
    }

    #[test]
    fn an_hour_has_a_zone_and_lines_their_parts() {
        let one = fields(&[("local", "2026-12-01T09:00"), ("zone", "+09:00")]);
        assert_eq!(one.hour().unwrap().at.to_string(), "2026-12-01T00:00:00Z");
        assert!(fields(&[("local", "2026-12-01T09:00")]).hour().is_err());
        let good = [
            ("title", "T"),
            ("summary", "S"),
            ("lang", "en"),
            ("tlp", "clear"),
            ("stage", "final"),
            (
                "products",
                "Example | EX-100 | < 3.2 | affected\r\nExample | EX-100 | 3.2 | fixed\r\n",
            ),
            ("weakness", "W"),
            ("description", "D"),
            (
                "cwe",
                "CWE-306 Missing Authentication for Critical Function",
            ),
            ("cvss", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H 9.8"),
            (
                "remedies",
                "vendor-fix | Update to 3.2. | https://example.com/u",
            ),
            ("references", ""),
        ];
        let read = content(&fields(&good)).unwrap();
        assert_eq!(read.products.len(), 2);
        assert_eq!(read.weaknesses[0].scores[0].2, 98);
        assert_eq!(read.weaknesses[0].remedies[0].products, [0]);
        for (name, value, place) in [
            ("products", "Example | EX-100 | affected", "`products`"),
            ("products", "Example | EX-100 | 1 | perhaps", "`products`"),
            ("tlp", "blue", "`tlp`"),
            ("cvss", "9.8", "`cvss`"),
            ("cvss", "CVSS:3.1/AV:N 10.1", "`cvss`"),
            ("cwe", "CWE-306", "`cwe`"),
            ("title", " ", "`title`"),
        ] {
            let mut bad = good;
            for pair in &mut bad {
                if pair.0 == name {
                    pair.1 = value;
                }
            }
            let said = content(&fields(&bad)).unwrap_err().detail;
            assert!(said.starts_with(place), "{said}");
        }
    }
}
