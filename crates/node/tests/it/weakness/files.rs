//! Files of strangers with a report, and the form at an operator's node. In: an office, an operator's node, bytes. Out: verdicts. Never: a file that is shown.

use super::{FORM, House, form, typed};
use crate::asset::Operator;
use sakimori_custody::ids::hex;
use serde_json::json;
use sha2::{Digest, Sha256};

const PDF: &[u8] = b"%PDF-1.7 <script>alert(1)</script>";

/// A form with one file, as browsers send it.
fn multipart(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    let head = format!(
        "--B\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{name}\"\r\ncontent-type: text/html\r\n\r\n"
    );
    let body = [head.as_bytes(), bytes, b"\r\n--B--\r\n"].concat();
    ("multipart/form-data; boundary=B".to_owned(), body)
}

#[test]
fn a_stranger_sends_files_by_its_link_and_they_leave_as_bytes_to_the_office_alone() {
    let house = House::open();
    let stranger = house.stranger();
    let report = json!({ "product": "EX-100", "text": "See the capture." });
    let taken = stranger.post_json("/v1/weakness-reports", &report).json();
    let follow = taken["follow"].as_str().unwrap().to_owned();
    let id = taken["report"].as_str().unwrap().to_owned();
    let (kind, body) = multipart("../<b>steps</b>.pdf", PDF);
    let said = stranger.post(&format!("{follow}/files"), &kind, &body);
    assert!(said.status == 200 || said.status == 303, "{}", said.text());
    let v1 = follow.replace("/weaknesses/report/", "/v1/weakness-reports/");
    let bytes = "application/octet-stream";
    let second = stranger.post(&format!("{v1}/attachments?name=log.txt"), bytes, b"a log");
    assert_eq!(second.json()["media"], "text/plain", "{}", second.text());
    // The same bytes again are known; empty ones and what is too large are refused, a fourth has no place.
    let again = stranger.post(&format!("{v1}/attachments?name=other"), bytes, b"a log");
    assert_eq!(again.json()["name"], "log.txt");
    assert_eq!(
        stranger
            .post(&format!("{v1}/attachments"), bytes, b"")
            .code(),
        "refused"
    );
    // It may be refused before all of it came; then the caller sees the connection end.
    let large = vec![7_u8; (2 << 20) + 1];
    let said = stranger.try_post_late(&format!("{v1}/attachments"), large.as_slice());
    assert!(said.is_none_or(|said| said.code() == "too-large"));
    assert_eq!(
        stranger
            .post(&format!("{v1}/attachments"), bytes, b"three")
            .status,
        200
    );
    assert_eq!(
        stranger
            .post(&format!("{v1}/attachments"), bytes, b"four")
            .code(),
        "too-many-requests"
    );
    let wrong = format!("/v1/weakness-reports/{id}/{}/attachments", "0".repeat(64));
    assert_eq!(stranger.post(&wrong, bytes, b"x").code(), "not-found");
    // Whoever has the link reads what is kept, not the bytes; the office saves them.
    let files = stranger.get(&v1).json()["files"].clone();
    assert_eq!(files.as_array().unwrap().len(), 3);
    let hash = hex(&Sha256::digest(PDF));
    let here = format!("/v1/weaknesses/reports/{id}/attachments/{hash}");
    assert_eq!(stranger.get(&here).code(), "not-signed-in");
    assert_eq!(house.person("o1").get(&here).code(), "not-allowed");
    let file = house.person("a1").get(&here);
    assert_eq!((file.status, file.body.as_slice()), (200, PDF));
    let head = |name: &str| file.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(head("content-type"), bytes);
    assert!(head("content-disposition").starts_with("attachment;"));
    let page = house
        .person("a1")
        .get(&format!("/weaknesses/reports/{id}"))
        .text();
    assert!(
        page.contains(&here) && page.contains("application/pdf"),
        "{page}"
    );
    assert!(
        !page.contains("<b>steps") && !page.contains("<script"),
        "{page}"
    );
    let other = format!("/v1/weaknesses/reports/{id}/attachments/{}", "0".repeat(64));
    assert_eq!(house.person("a1").get(&other).code(), "not-found");
}

#[test]
fn an_operators_node_hands_a_report_to_the_office_and_keeps_none() {
    let house = House::open();
    let operator = Operator::new(&house.nation, "acme");
    operator.told_where_the_office_is(&house.nation);
    let caller = &operator.caller;
    let page = caller.get("/weaknesses/report");
    assert_eq!(page.status, 200, "{}", page.text());
    let mut fields = typed("EX-100", "It listens to anybody.");
    let forged = caller.post("/weaknesses/report", FORM, &form(&fields));
    assert_ne!(forged.status, 200, "a form that was not made here");
    fields.push(("form", &operator.token));
    let handed = caller.post("/weaknesses/report", FORM, &form(&fields));
    assert_eq!(handed.status, 200, "{}", handed.text());
    let text = handed.text();
    let path = text.split("/weaknesses/report/").nth(1).unwrap();
    let path = path.split('"').next().unwrap();
    let followed = house.stranger().get(&format!("/weaknesses/report/{path}"));
    assert!(followed.text().contains("It listens to anybody."));
    let unread = house.person("o3").get("/v1/weaknesses").json()["unread"].clone();
    assert_eq!(unread.as_array().unwrap().len(), 1);
    assert!(!unread.to_string().contains("acme") && !unread.to_string().contains("party"));
}
