//! People, threads, challenges.

use super::Verdict::{Refused, Taken};
use super::{check, edit, verdict};
use sakimori_oversight::refused::Code;
use sakimori_testkit::history::{FIRST, Story};

#[test]
fn people_threads_and_challenges_hold_their_order() {
    edit(
        "access",
        "\"o3\",\"k.sato\"",
        "\"o3\"",
        Refused(Code::AccessTwo),
    );
    edit(
        "access",
        "\"o3\",\"k.sato\"",
        "\"o3\",\"a.tanaka\"",
        Refused(Code::AccessTwo),
    );
    edit(
        "access",
        "\"granted\"",
        "\"lent\"",
        Refused(Code::BodyFields),
    );
    edit(
        "access",
        "\"granted\"",
        "\"ended\"",
        Refused(Code::BodyFields),
    );
    edit(
        "question",
        "{leaf:request}",
        "{leaf:schedule}",
        Refused(Code::QuestionRequest),
    );
    let late = Story::good().again("question", "decision", |_| {});
    assert_eq!(
        verdict(&late, "question again"),
        Refused(Code::QuestionRequest)
    );
    check("answer", Refused(Code::AnswerQuestion), |s| {
        s.count(0, 0);
    });
    let twice = Story::good().again("answer", "answer", |_| {});
    assert_eq!(
        verdict(&twice, "answer again"),
        Refused(Code::AnswerQuestion)
    );
    for (step, behind) in [
        ("inspection opened", "inspection opened"),
        ("inspection finding", "inspection closed"),
        ("inspection closed", "inspection closed"),
    ] {
        let story = Story::good().again(step, behind, |_| {});
        let again = format!("{step} again");
        assert_eq!(verdict(&story, &again), Refused(Code::InspectionOrder));
    }
    let early = Story::good().without("inspection opened");
    assert_eq!(
        verdict(&early, "inspection finding"),
        Refused(Code::InspectionOrder)
    );
    edit(
        "demand",
        "\"stop\":null",
        &format!("\"stop\":\"{}\"", "9".repeat(32)),
        Refused(Code::StopUnknown),
    );
    edit(
        "notice",
        "\"stop\":null",
        &format!("\"stop\":\"{FIRST}\""),
        Refused(Code::BodyFields),
    );
    check("reply to the notice", Refused(Code::ReplyUnknown), |s| {
        s.count(0, 1);
    });
    let twice = Story::good().again("reply to the notice", "reply to the notice", |_| {});
    assert_eq!(
        verdict(&twice, "reply to the notice again"),
        Refused(Code::ReplyUnknown)
    );
    edit("purge", "/s-01/", "/s-02/", Refused(Code::PurgeUnknown));
    check("purge", Refused(Code::BodyFields), |s| {
        s.count(0, 2);
    });
    let misuse = "\"entries\":[{index:query}]";
    edit(
        "misuse",
        misuse,
        "\"entries\":[]",
        Refused(Code::BodyFields),
    );
    edit(
        "misuse",
        misuse,
        "\"entries\":[999]",
        Refused(Code::BodyFields),
    );
}

#[test]
fn i4_a_response_leads_to_the_commitment_or_answers_nothing() {
    let leaf = "00".repeat(32);
    edit(
        "response",
        &format!("\"leaf\":\"{leaf}\""),
        &format!("\"leaf\":\"{}\"", "01".repeat(32)),
        Refused(Code::ResponseUnknown),
    );
    edit(
        "response",
        "\"path\":[\"",
        "\"path\":[\"00\",\"",
        Refused(Code::ResponseUnknown),
    );
    edit("response", "-0\"", "-1\"", Refused(Code::ResponseUnknown));
    check("response", Refused(Code::BodyFields), |s| {
        s.count(1, 0);
    });
    check("response", Refused(Code::ResponseUnknown), |s| {
        s.count(0, 1);
    });
    let twice = Story::good().again("response", "response", |_| {});
    assert_eq!(
        verdict(&twice, "response again"),
        Refused(Code::ResponseUnknown)
    );
    edit("challenge", "-0\"", "-5\"", Refused(Code::BodyFields));
    edit("challenge", "/s-01/", "/s-02/", Refused(Code::BodyFields));
    check("response", Taken, |s| {
        s.edit("\"opened\"", "\"gone\"");
        s.count(1, 0);
    });
}
