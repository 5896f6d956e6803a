//! Signatures by keys that a PKCS#11 token keeps, through the real program and `SoftHSM`. In: a token that the test made. Out: notes that verify. Never: a private key outside the token.

use crate::node::TestNode;
use crate::program::{run, sakimori};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::Attribute;
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use sakimori_authority::suspension::{By, Suspension, SuspensionAct};
use sakimori_testkit::skip;
use sakimori_tlog::key::VerifierKey;
use sakimori_tlog::note::Note;
use std::path::{Path, PathBuf};

/// Where Debian and others have the module.
const MODULES: [&str; 4] = [
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
];

const PIN: &str = "fedcba123456";

/// Ed25519 as an object identifier of its curve: the printable string of PKCS#11 3.0, section 2.3.5.
const ED25519: &[u8] = b"\x13\x0cedwards25519";

/// Makes a token in a folder, with a key that was made inside it; ended by a child process, since a module is loaded once with its settings.
fn make_token(module: &Path) {
    let pkcs11 = Pkcs11::new(module).unwrap();
    pkcs11
        .initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
        .unwrap();
    let slot = pkcs11.get_slots_with_token().unwrap()[0];
    let so = AuthPin::new("abcdef654321".into());
    pkcs11.init_token(slot, &so, "members").unwrap();
    let user = AuthPin::new(PIN.into());
    let session = pkcs11.open_rw_session(slot).unwrap();
    session.login(UserType::So, Some(&so)).unwrap();
    session.init_pin(&user).unwrap();
    session.logout().unwrap();
    session.login(UserType::User, Some(&user)).unwrap();
    let public = [
        Attribute::Token(true),
        Attribute::Verify(true),
        Attribute::EcParams(ED25519.to_vec()),
        Attribute::Label(b"m1".to_vec()),
    ];
    let private = [
        Attribute::Token(true),
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(true),
        Attribute::Label(b"m1".to_vec()),
    ];
    session
        .generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &public, &private)
        .unwrap();
}

/// Set in the child that makes the token.
const MAKES: &str = "SAKIMORI_TEST_MAKES_TOKEN";

#[test]
fn a_token_is_made_where_a_test_asks_for_it() {
    if let Some(module) = std::env::var_os(MAKES) {
        make_token(Path::new(&module));
    }
}

#[test]
fn a_key_that_a_token_made_and_keeps_signs_what_others_verify() {
    let Some(module) = MODULES.iter().map(PathBuf::from).find(|path| path.exists()) else {
        skip(
            "a_key_that_a_token_made_and_keeps_signs_what_others_verify",
            "SoftHSM is missing",
        );
        return;
    };
    let node = TestNode::new();
    let tokens = node.beside("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let settings = node.beside("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&settings, text).unwrap();
    let made = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "token::a_token_is_made_where_a_test_asks_for_it"])
        .env("SOFTHSM2_CONF", &settings)
        .env(MAKES, &module)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let pin = node.beside("pin");
    std::fs::write(&pin, format!("{PIN}\n")).unwrap();
    let text = Suspension {
        authority: "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a".parse().unwrap(),
        by: By::Commission,
        act: SuspensionAct::Suspend,
        serial: 1,
        time: node.host.seconds(),
        reason: "a test".to_owned(),
        root: 1,
    };
    let (file, note) = (node.beside("text.txt"), node.beside("note.txt"));
    std::fs::write(&file, text.to_string()).unwrap();
    let token = |words: &[&str]| {
        let mut command = sakimori(words);
        command
            .env("SOFTHSM2_CONF", &settings)
            .arg("--pkcs11-module")
            .arg(&module);
        command.args([
            "--token",
            "members",
            "--key-label",
            "m1",
            "--key-name",
            "commission.example/m1",
        ]);
        command.arg("--pin-file").arg(&pin);
        run(&mut command)
    };
    let shown = token(&["key", "show"]).yes();
    let key: VerifierKey = shown.out.trim().parse().unwrap();
    assert_eq!(key.name(), "commission.example/m1");
    let [from, to] = [&file, &note].map(|path| path.to_str().unwrap());
    let signed = token(&["authority", "sign", from, "--out", to]).yes();
    // The exact text was shown first.
    assert!(signed.err.contains(&text.to_string()), "{signed:?}");
    assert!(signed.err.contains("in its token"), "{signed:?}");
    let read = Note::parse(&std::fs::read(&note).unwrap()).unwrap();
    assert_eq!(read.text(), text.to_string());
    assert_eq!(read.verify(&[key]).unwrap().len(), 1);
    // A text that is none is not signed, and neither does a wrong PIN sign.
    std::fs::write(&file, text.to_string().replace("serial: 1", "serial: 01")).unwrap();
    token(&["authority", "sign", from, "--out", to]).ended(1);
    std::fs::write(&file, text.to_string()).unwrap();
    std::fs::write(&pin, "000000\n").unwrap();
    let refused = token(&["authority", "sign", from, "--out", to]).ended(1);
    assert!(refused.err.contains("members"), "{refused:?}");
}
