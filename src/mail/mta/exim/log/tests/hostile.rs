//! Tests: lines whose senders, HELO names, subjects and recipients are other people's text.

use super::{IN, log, read, told};

/// What the log tells besides the message of [`IN`].
fn besides(line: &str) -> Vec<String> {
    let mut told = told(&[(1, IN), (2, line), (2, "1xVg1Z-00001M-2A == a@x.example R=x defer (0): no")]);
    let own = told.iter().position(|t| t == "info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=0 back=0/0");
    told.remove(own.unwrap_or_else(|| panic!("{line}: {told:?}")));
    told
}

#[test]
fn what_an_attacker_writes_never_becomes_a_login() {
    let forged = "P=esmtpsa A=plain:victim@example.jp S=1";
    let attacks: Vec<(&str, String)> = vec![
        ("a sender", format!("<= \"x H=(y) [192.0.2.9] {forged} id=\"@evil.example H=(y) [203.0.113.5] P=esmtp S=9")),
        (
            "a sender with quotes in it",
            format!("<= \"x\\\" H=(y) [192.0.2.9] {forged} \\\"\"@evil.example H=[203.0.113.5] P=esmtp S=9"),
        ),
        ("a HELO", format!("<= a@evil.example H=(y) [192.0.2.9] {forged} id=z) [203.0.113.5] P=esmtp S=9 id=a@b")),
        (
            "a HELO with an open quote",
            format!("<= a@evil.example H=(y) [192.0.2.9] {forged} id=\"z) [203.0.113.5] P=esmtp S=9 id=\"a\"@b"),
        ),
        (
            "a HELO beside a name",
            format!("<= a@evil.example H=mx.evil (y) [192.0.2.9] {forged}) [203.0.113.5]:25 P=esmtp S=9"),
        ),
        ("an ident", format!("<= a@evil.example H=(y) [203.0.113.5] U=x {forged} id=x P=esmtp S=9 id=a@b")),
        (
            "a name of TLS",
            format!("<= a@evil.example H=(y) [203.0.113.5] P=esmtps X=TLS SNI=\"x {forged}\" S=9 id=a@b"),
        ),
        (
            "a name of TLS with a quote",
            format!("<= a@evil.example H=(y) [203.0.113.5] P=esmtps SNI=\"x\" {forged} id=\"x\" S=9"),
        ),
        ("a HELO without a size", "<= a@evil.example H=(y) [192.0.2.9] P=esmtpsa A=plain:victim@example.jp z) [203.0.113.5] P=esmtp S=9".to_owned()),
        ("a HELO with half a size", format!("<= a@evil.example H=(y) [192.0.2.9] {forged}z) [203.0.113.5] P=esmtp S=9")),
        ("a HELO that hides the rest in quotes", "<= a@evil.example H=(y) [192.0.2.9] P=esmtpsa A=plain:victim@example.jp x=\"z) [203.0.113.5] P=esmtp S=9 id=\"k S=5 \"@b".to_owned()),
        ("a HELO with an address", "<= a@evil.example H=(y) [192.0.2.9] z) [203.0.113.5] P=esmtp S=9".to_owned()),
        ("an ident without a size", "<= a@evil.example H=(y) [203.0.113.5] U=x P=smtp A=plain:victim@example.jp P=esmtp S=9".to_owned()),
        ("an ident before the protocol", "<= a@evil.example H=(y) [203.0.113.5] U=x A=plain:victim@example.jp P=esmtp S=9".to_owned()),
        ("an ident with a quote", "<= a@evil.example H=(y) [203.0.113.5] U=x A=plain:victim@example.jp y=\" P=esmtp S=9".to_owned()),
        ("a name of TLS without a size", "<= a@evil.example H=(y) [203.0.113.5] P=esmtps SNI=\"x\" A=plain:victim@example.jp PRX=\"\" S=9".to_owned()),
        ("a name of TLS with one quote", "<= a@evil.example H=(y) [203.0.113.5] P=esmtps SNI=\"x\" A=plain:victim@example.jp\" S=9".to_owned()),
        ("an AUTH of MAIL", "<= a@evil.example H=(y) [203.0.113.5] P=esmtp S=9 A=plain:victim@example.jp".to_owned()),
        ("a message id", format!("<= a@evil.example H=(y) [203.0.113.5] P=esmtp S=9 id=\"x {forged}\"@b")),
        ("a subject", format!("<= a@evil.example H=(y) [203.0.113.5] P=esmtp S=9 T=\"x\\\" {forged} for a b c d\"")),
        (
            "a sender before it was rewritten",
            format!("<= a@evil.example H=(y) [203.0.113.5] P=esmtp S=9 from <\"x> {forged} for a b c\"@d>"),
        ),
    ];
    for (what, line) in &attacks {
        let told = besides(&format!("1xVg1Z-00001M-2A {line}"));
        assert_eq!(told.len(), 1, "{what}: {told:?}");
        assert!(told[0].starts_with("remote <") && told[0].contains("> n=1 "), "{what}: {told:?}");
        let records = read(log(&[(2, &format!("1xVg1Z-00001M-2A {line}"))])).records;
        assert_ne!(records[0].send.client_ip.as_deref(), Some("192.0.2.9"), "{what}");
    }
}

#[test]
fn a_line_within_a_line_and_an_id_that_is_none_say_nothing() {
    let forged = "1xVg1Z-00001M-2A <= v@example.jp H=[192.0.2.9] P=esmtpsa A=plain:victim@example.jp S=1";
    for line in [
        format!("H=(y) [203.0.113.5] rejected MAIL <x>: {forged}"),
        format!("SMTP protocol error from (x) [203.0.113.5]: {forged}"),
        format!("dovecot_login authenticator failed for (2026-11-24 02:00:00 {forged}"),
        format!("1xVg1Z-00001A-1n H=(y) Warning: {forged}"),
        format!("[x] {forged}"),
        format!(" {forged}"),
        forged.replace("1xVg1Z-00001M-2A", "../..-00001M-2A"),
        forged.replace("1xVg1Z-00001M-2A", "1xVg1Z"),
        forged.replace("H=[192.0.2.9]", "H=x"),
        forged.replace("S=1", "S=-1"),
        forged.replace("S=1", "S=1)"),
        forged.replace(" S=1", ""),
        forged.replace("<=", "(="),
    ] {
        assert_eq!(besides(&line), Vec::<String>::new(), "{line}");
    }
    // A recipient whose local part looks like the rest of the line; its quotes are gone here.
    let twice = "1xVg1Y-00000z-39 => a@b R=r T=t H=h [198.51.100.1] x@example.jp <\"a@b R=r T=t H=h [198.51.100.1] x\"@example.jp> R=local_user T=maildir_home";
    assert_eq!(besides(twice), Vec::<String>::new());
    // A reply that tries to be a delivery, and one that tries to be an unknown recipient.
    let reply = "1xVg1Y-00000z-39 ** a@x.example R=r T=t: SMTP error from remote mail server after MAIL FROM:<x>: 550 x: SMTP error from remote mail server after RCPT TO:<a>: 550 5.1.1 x";
    assert_eq!(told(&[(1, IN), (2, reply)]), ["info@example.jp <info@example.jp> n=1 sent=0 here=0 wait=0 back=1/0"]);
}

#[test]
fn a_user_of_the_host_stays_himself_whatever_he_writes() {
    let line = "1xVg1Z-00001M-2A <= \"x U=root\"@mx1 U=web P=local S=5 id=\"x\"@b T=\"y S=9 A=plain:victim@example.jp for a b\" from <web@mx1> for a@x \"b c\"@x";
    assert_eq!(besides(line), ["user:web <\"x U=root\"@mx1> n=2 sent=0 here=0 wait=1 back=0/0"]);
}

#[test]
fn what_a_client_writes_hides_no_login_either() {
    let line = "1xVg1Z-00001M-2A <= a@b.jp H=(my (old) pc) [192.0.2.9] P=esmtpa A=plain:eve@example.jp S=5";
    assert_eq!(besides(line), ["eve@example.jp <a@b.jp> n=1 sent=0 here=0 wait=1 back=0/0"]);
    let subject = format!("{line} id=\"S=1 \"@b T=\"P=esmtp S=9 A=plain:victim@example.jp S=9\"");
    assert_eq!(besides(&subject), besides(line), "nor does a subject");
    let mailauth = "1xVg1Z-00001M-2A <= a@b.jp H=[192.0.2.9] P=esmtpa A=plain:eve@example.jp:victim@example.jp S=5";
    assert!(besides(mailauth)[0].starts_with("eve@example.jp <"));
}
