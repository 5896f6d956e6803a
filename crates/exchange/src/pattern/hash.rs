//! Hash values in patterns. In: a test. Out: the algorithm whose values look otherwise. Never: a judgement of a value that is compared by a part.

use super::ast::{Literal, Operator, PropertyTest, Step};

/// Algorithms as keys are written, without hyphens and in upper case, their names, and the digits of their values.
const ALGORITHMS: [(&str, &str, &[usize]); 14] = [
    ("MD5", "MD5", &[32]),
    ("MD6", "MD6", &[32, 40, 56, 64, 96, 128]),
    ("RIPEMD160", "RIPEMD-160", &[40]),
    ("SHA1", "SHA-1", &[40]),
    ("SHA224", "SHA-224", &[56]),
    ("SHA256", "SHA-256", &[64]),
    ("SHA384", "SHA-384", &[96]),
    ("SHA512", "SHA-512", &[128]),
    ("SHA3224", "SHA3-224", &[56]),
    ("SHA3256", "SHA3-256", &[64]),
    ("SHA3384", "SHA3-384", &[96]),
    ("SHA3512", "SHA3-512", &[128]),
    ("SSDEEP", "SSDEEP", &[]),
    ("WHIRLPOOL", "WHIRLPOOL", &[128]),
];

/// The algorithm that a path into `hashes` names, where a whole value that the test compares with cannot be one of it.
pub(super) fn judge(test: &PropertyTest) -> Option<&'static str> {
    let mut steps = test.path.steps.iter();
    if !steps.any(|step| matches!(step, Step::Key(key) if key == "hashes")) {
        return None;
    }
    let Some(Step::Key(key)) = test.path.steps.last() else {
        return None;
    };
    let key = key.to_uppercase().replace('-', "");
    let (_, name, lengths) = ALGORITHMS.iter().find(|(known, ..)| *known == key)?;
    let bad = |literal: &Literal| !matches!(literal, Literal::Text(text) if is(text, lengths));
    let wrong = match &test.operator {
        Operator::Equal(literal) | Operator::NotEqual(literal) => bad(literal),
        Operator::In(literals) => literals.iter().any(bad),
        _ => false,
    };
    wrong.then_some(*name)
}

fn is(value: &str, lengths: &[usize]) -> bool {
    if lengths.is_empty() {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"/+:.".contains(&byte);
        return (1..=128).contains(&value.len()) && value.bytes().all(good);
    }
    lengths.contains(&value.len()) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}
