//! A list of assets as a browser sends it: a file in a form. In: an operator's node on loopback. Out: pages. Never: half of a list; a file that is taken without the session's own form.

use crate::asset::{LIST, Operator};
use crate::nation::{Nation, Said};

const KIND: &str = "multipart/form-data; boundary=edge";

impl Operator {
    /// Sends a form with a file, as a browser without a script does.
    fn sends(&self, form: &str, more: bool, list: &[u8]) -> Said {
        let part = |name: &str, text: &str| {
            format!("--edge\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let mut body = part("form", form);
        if more {
            body.push_str(&part("more", "yes"));
        }
        body.push_str("--edge\r\ncontent-disposition: form-data; name=\"file\"; filename=\"list.csv\"\r\ncontent-type: text/csv\r\n\r\n");
        let mut body = body.into_bytes();
        body.extend_from_slice(list);
        body.extend_from_slice(b"\r\n--edge--\r\n");
        self.caller.post("/assets/file", KIND, &body)
    }
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one story, told from its beginning to its end"
)]
fn a_file_is_taken_whole_or_every_wrong_cell_is_told_in_both_languages() {
    let nation = Nation::start();
    let mut water = Operator::new(&nation, "water-1");
    water.outlined_in("Water One", "water");
    let own = water.token.clone();
    let page = water.page("/assets");
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("type=\"file\""));

    let forged = water.sends("x", false, LIST.as_bytes());
    assert_eq!(forged.code(), "forged-form");
    let plain = water
        .caller
        .post("/assets/file", "text/csv", LIST.as_bytes());
    assert_eq!(plain.code(), "unsupported-type");
    let broken = water
        .caller
        .post("/assets/file", KIND, b"--edge\r\nnothing");
    assert_eq!(broken.code(), "malformed");
    let wrong = LIST
        .replace("type-1", "type-9")
        .replace("2.9.2,4", "2.9.2,many");
    let said = water.sends(&own, false, wrong.as_bytes());
    let text = said.text();
    for told in [
        "2 cells are wrong",
        "<td>2</td><td><code>count</code> 台数</td><td>is no whole number</td>",
        "<td>2</td><td><code>class</code> 電子計算機の種別</td><td>is no class of computer</td>",
        "Nothing was taken.",
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    let mut ja = Vec::new();
    std::mem::swap(&mut ja, &mut water.caller.headers);
    water
        .caller
        .headers
        .push(("accept-language".to_owned(), "ja".to_owned()));
    let text = water.sends(&own, false, wrong.as_bytes()).text();
    assert!(
        text.contains("<td>整数ではありません</td>") && text.contains("2 件の誤ったセル"),
        "{text}"
    );
    water.caller.headers = ja;
    // A spreadsheet that is none is told, too.
    let no_sheet = water.sends(&own, false, b"PK\x03\x04nothing");
    assert!(
        no_sheet.text().contains("role=\"alert\""),
        "{}",
        no_sheet.text()
    );
    assert!(
        water.caller.get("/v1/assets").json()["entries"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    let named = LIST
        .replace("introduced,bespoke\n", "introduced,bespoke,cpe\n")
        .replace(
            "2026-09-01,no\n",
            "2026-09-01,no,cpe:2.3:h:siemens:simatic_s7-1500:*:*:*:*:*:*:*:*\n",
        );
    let taken = water.sends(&own, false, named.as_bytes());
    assert_eq!(taken.status, 303, "{}", taken.text());
    assert!(
        water
            .page("/assets/1")
            .contains("cpe:2.3:h:siemens:simatic_s7-1500")
    );

    // More entries than a page has stand on the next one.
    let (head, _) = LIST.split_once('\n').unwrap();
    let row = |at| {
        format!("Mizu,Valve {at},1,1,own-site,water-supply,type-1,application,2026-09-01,no\n")
    };
    let rows = (0..600).map(row).collect::<Vec<_>>().concat();
    let taken = water.sends(&own, true, format!("{head}\n{rows}").as_bytes());
    assert_eq!(taken.status, 303, "{}", taken.text());
    let first = water.page("/assets");
    assert!(
        first.contains("href=\"/assets?after=500\"") && !first.contains("First page"),
        "{first}"
    );
    assert!(first.contains("Valve 0<") && !first.contains("Valve 599<"));
    let second = water.page("/assets?after=500");
    assert!(second.contains("Valve 599<") && !second.contains("Valve 0<"));
    assert!(second.contains("First page") && !second.contains("?after="));
    drop(water.running);
}
