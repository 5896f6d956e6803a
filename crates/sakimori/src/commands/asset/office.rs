//! What the office does with notices. In: filings, pairs of names, advisories. Out: what is registered, questions to operators, counts, names. Never: a name of an operator in what
//! a maker is shown.

use super::{Desk, failed, operators, read};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::show;
use sakimori_access::{Act, Ministry, Object, Principal};
use sakimori_advisory::matching::Outcome;
use sakimori_control::error::told;
use sakimori_liaison::matching::{self, Matching};
use sakimori_liaison::notice::{self, FILING_BYTES_MAX, TakenNotice};
use sakimori_liaison::paper;
use sakimori_store::{Change, View};
use serde_json::{Value, json};
use std::path::Path;

/// Longest advisory in bytes.
const ADVISORY_BYTES_MAX: usize = 32 << 20;
/// Most notices that are listed.
const NOTICES_MAX: usize = 20_000;

/// Takes an operator's filing.
pub(super) async fn take(desk: &Desk<'_>, file: &Path) -> Result<(), Failure> {
    operators(desk)?;
    let bytes = read(file, FILING_BYTES_MAX)?;
    let taken = notice::take(desk.store, desk.act, &bytes, &desk.terms).await;
    let taken = taken.map_err(|e| failed(&e))?;
    let registered = taken.registered;
    if desk.format == Format::Json {
        show::json(&json!({
            "id": taken.id, "sha256": taken.hash, "taken": sakimori_custody::time::Seconds(taken.at).to_string(),
            "registered": registered,
        }));
        return Ok(());
    }
    show::pairs(&[
        ("notice", taken.id),
        ("sha256", taken.hash),
        (
            "registered now",
            registered.map_or_else(|| "taken before".to_owned(), |count| count.to_string()),
        ),
    ]);
    Ok(())
}

/// The notices that were taken.
pub(super) async fn notices(desk: &Desk<'_>) -> Result<(), Failure> {
    let view = match desk.act.owner {
        "office" => View::All,
        operator => View::Of(operator),
    };
    let (all, _) = paper::all::<TakenNotice>(desk.store, view, None, NOTICES_MAX)
        .await
        .map_err(|e| failed(&e))?;
    if desk.format == Format::Json {
        let row = |kept: &paper::Written<TakenNotice>| json!({ "operator": kept.owner, "id": kept.id, "state": kept.state, "notice": kept.said });
        show::json(&Value::Array(all.iter().map(row).collect()));
        return Ok(());
    }
    let rows = all.into_iter().map(|kept| {
        let said = kept.said;
        vec![
            kept.owner,
            kept.id,
            said.kind.word().to_owned(),
            said.items.to_string(),
            kept.state,
            said.hash,
        ]
    });
    show::table(
        &["operator", "notice", "kind", "items", "state", "sha256"],
        rows,
    );
    Ok(())
}

/// The assets that an operator registered.
pub(super) async fn registered(desk: &Desk<'_>) -> Result<(), Failure> {
    operators(desk)?;
    let all = notice::registered(desk.store, desk.act.owner).await;
    let all = all.map_err(|e| failed(&e))?;
    if desk.format == Format::Json {
        show::json(&json!(all));
        return Ok(());
    }
    let rows = all.into_iter().map(|line| {
        vec![
            line.number.to_string(),
            line.item.maker,
            line.item.product,
            line.model,
            line.version,
            line.count.to_string(),
            line.item.equipment,
            line.cpe,
            line.purl,
        ]
    });
    show::table(
        &[
            "no.",
            "maker",
            "product",
            "model",
            "version",
            "count",
            "equipment",
            "cpe",
            "purl",
        ],
        rows,
    );
    Ok(())
}

/// Lists the table of names, or adds a pair.
pub(super) async fn name(
    desk: &Desk<'_>,
    pair: Option<((String, String), String)>,
    maker: Option<&str>,
) -> Result<(), Failure> {
    if let Some(((written, means), source)) = &pair {
        matching::add_alias(desk.store, desk.act, maker, (written, means, source))
            .await
            .map_err(|e| failed(&e))?;
    }
    let table = matching::aliases(desk.store)
        .await
        .map_err(|e| failed(&e))?;
    let rows = table.pairs().iter().map(|pair| {
        let of = match &pair.kind {
            sakimori_advisory::matching::AliasKind::Maker => String::new(),
            sakimori_advisory::matching::AliasKind::Product { maker } => maker.clone(),
        };
        vec![
            of,
            pair.written.clone(),
            pair.means.clone(),
            pair.source.clone(),
        ]
    });
    show::table(&["product of", "written", "means", "says"], rows);
    Ok(())
}

/// Puts an act on the node's record.
async fn recorded(desk: &Desk<'_>, act: &str, object: &str, detail: String) -> Result<(), Failure> {
    let audit = Change::Audit {
        at: desk.act.at.0,
        by: desk.act.by.to_owned(),
        act: act.to_owned(),
        object: object.to_owned(),
        detail,
    };
    let kept = desk.store.apply(&[audit]).await;
    kept.map_err(|e| failed(&e.into()))
}

/// Names are for an officer of the ministry, at the command line as over the network; a refusal is on record too.
async fn sees_names(desk: &Desk<'_>, minister: Ministry) -> Result<(), Failure> {
    let who = Principal::Person {
        id: desk.act.by.to_owned(),
    };
    let names = Object::names_of(minister);
    let decided = desk
        .access
        .may(&who, Act::SeeAffected, &names, desk.act.at)
        .await;
    let decided = decided.map_err(|e| Failure::no(told(&e)))?;
    if decided.allow {
        return Ok(());
    }
    let detail = decided.to_string();
    recorded(desk, "refused", Act::SeeAffected.word(), detail).await?;
    let (by, text) = (desk.act.by, decided.to_string());
    Err(Failure::no(format!(
        "`{by}` sees no names of operators for whom {minister} is competent: {text}"
    )))
}

/// Whose products an advisory means.
pub(super) async fn matched(
    desk: &Desk<'_>,
    file: &Path,
    maker: Option<&str>,
    minister: Option<Ministry>,
) -> Result<(), Failure> {
    // Before anything is read: who may not see names learns nothing of the advisory either.
    if let Some(minister) = minister {
        sees_names(desk, minister).await?;
    }
    let bytes = read(file, ADVISORY_BYTES_MAX)?;
    let all = Matching::load(desk.store, &desk.terms)
        .await
        .map_err(|e| failed(&e))?;
    let (advisory, title) = matching::read_advisory(&bytes, &all.aliases)
        .map_err(|e| Failure::no(format!("{}: {}", file.display(), told(&e))))?;
    if let Some(maker) = maker {
        let counts = all.for_maker(maker, &advisory, &all.find(&advisory));
        show::json(&json!(counts));
        return Ok(());
    }
    if let Some(minister) = minister {
        let rows = all.for_minister(minister.word(), &advisory, &all.find(&advisory));
        let detail = format!("{minister}: {} assets", rows.len());
        recorded(desk, "see-affected", &advisory.id.1, detail).await?;
        let rows = rows.into_iter().map(|row| {
            let outcome = match row.outcome {
                Outcome::Affected => "affected",
                Outcome::NotAffected => "not affected",
                Outcome::Question(_) => "asked",
            };
            let version = row.version.unwrap_or_default();
            vec![
                row.operator,
                row.product.0,
                row.product.1,
                version,
                outcome.to_owned(),
            ]
        });
        show::table(
            &["operator", "maker", "product", "version", "outcome"],
            rows,
        );
        return Ok(());
    }
    let by = (desk.act.by, desk.act.at);
    let about = (&advisory, title.as_str());
    let asking = matching::ask(desk.store, by, about, &all).await;
    let asking = asking.map_err(|e| failed(&e))?;
    show::pairs(&[
        ("advisory", advisory.id.1.clone()),
        ("registered assets", all.index.len().to_string()),
        ("operators", asking.operators.to_string()),
        ("affected", asking.affected.to_string()),
        ("open questions", asking.questions.to_string()),
    ]);
    Ok(())
}
