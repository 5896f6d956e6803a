//! Licences of everything that is linked or run in tests. In: SPDX expressions. Out: packages that are under none that the project takes. Never: a package without a
//! licence. Why these: `docs/decisions/0003-licences.md`.

use super::Problem;
use super::repository::Repository;

/// What the project takes: permissive, no duty beyond naming the authors.
const ALLOWED: [&str; 11] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Zlib",
];

/// Packages under the MPL-2.0, by name: its duty ends at their own files, which we do not change (records 17 and 25).
const FILE_COPYLEFT: [&str; 6] = [
    "crypto-glue",
    "smartstring",
    "webauthn-attestation-ca",
    "webauthn-rs",
    "webauthn-rs-core",
    "webauthn-rs-proto",
];

/// Packages of data under the CDLA-Permissive-2.0, by name: it asks that its text goes along. The one is in the lock file for a part of another that nothing here is built with (record 36).
const DATA: [&str; 1] = ["webpki-roots"];

pub(super) fn check(repository: &Repository) -> Vec<Problem> {
    let judged = repository
        .packages
        .iter()
        .map(|package| (package, package.licence.as_deref().unwrap_or_default()));
    let refused = judged.filter(|(package, licence)| {
        let named = FILE_COPYLEFT.contains(&package.name.as_str())
            && matches!(*licence, "MPL-2.0" | "MPL-2.0+");
        let is_data = DATA.contains(&package.name.as_str()) && *licence == "CDLA-Permissive-2.0";
        !named && !is_data && !is_allowed(licence)
    });
    refused
        .map(|(package, licence)| {
            Problem::new(
                package.name.as_str(),
                format!("its licence `{licence}` is not on the list"),
            )
        })
        .collect()
}

/// Whether an expression leaves a choice that is on the list. `/` is the old way to write OR.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words };
    reader
        .any()
        .is_some_and(|allowed| allowed && reader.words.is_empty())
}

/// Reads `any = all {OR all}`, `all = one {AND one}`, `one = ( any ) | id [WITH exception]`.
struct Reader<'w> {
    words: &'w [&'w str],
}

impl<'w> Reader<'w> {
    fn next(&mut self) -> Option<&'w str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn eat(&mut self, word: &str) -> bool {
        let is = self.words.first() == Some(&word);
        if is {
            self.next();
        }
        is
    }

    fn any(&mut self) -> Option<bool> {
        let mut allowed = self.all()?;
        while self.eat("OR") {
            allowed |= self.all()?;
        }
        Some(allowed)
    }

    fn all(&mut self) -> Option<bool> {
        let mut allowed = self.one()?;
        while self.eat("AND") {
            allowed &= self.one()?;
        }
        Some(allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.eat("(") {
            let inner = self.any()?;
            return self.eat(")").then_some(inner);
        }
        let id = self.next()?;
        if self.eat("WITH") {
            let whole = format!("{id} WITH {}", self.next()?);
            return Some(ALLOWED.contains(&whole.as_str()));
        }
        Some(ALLOWED.contains(&id))
    }
}

#[cfg(test)]
mod tests {
    use super::super::repository::tests::{other, with_files};
    use super::*;

    #[test]
    fn a_choice_on_the_list_is_enough_and_every_duty_must_be_on_it() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "GPL-3.0 OR MIT",
            "MIT AND BSD-3-Clause",
            "(MIT OR GPL-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        ] {
            assert!(is_allowed(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "MIT OR",
            "(MIT",
            "MIT MIT",
            "GPL-2.0 WITH LLVM-exception",
            "AGPL-3.0-only",
            "MIT)",
        ] {
            assert!(!is_allowed(bad), "{bad}");
        }
    }

    #[test]
    fn file_copyleft_is_taken_of_the_packages_that_are_named() {
        let packages = vec![
            other("webauthn-rs", Some("MPL-2.0"), &[]),
            other("another", Some("MPL-2.0"), &[]),
            other("crypto-glue", Some("GPL-3.0"), &[]),
        ];
        let problems = check(&Repository {
            packages,
            ..with_files(&[])
        });
        assert_eq!(
            problems,
            [
                Problem::new("another", "its licence `MPL-2.0` is not on the list"),
                Problem::new("crypto-glue", "its licence `GPL-3.0` is not on the list"),
            ]
        );
    }

    #[test]
    fn a_package_without_a_licence_is_named() {
        let packages = vec![other("good", Some("MIT"), &[]), other("bare", None, &[])];
        let problems = check(&Repository {
            packages,
            ..with_files(&[])
        });
        assert_eq!(
            problems,
            [Problem::new("bare", "its licence `` is not on the list")]
        );
    }
}
