use super::*;
use crate::host::answer::testing::fine;
use crate::model::HostName;
use crate::model::profile::Found;

/// 2026-11-24 06:00 UTC.
const NOW: i64 = 1_795_500_000;

fn host() -> Host {
    Host::new(HostName::parse("mx1").unwrap(), "mx1", 22, "root")
}

fn profile(panel: &str) -> Profile {
    let found = |name: &str| vec![Found { name: name.into(), version: String::new(), active: true }];
    Profile { panels: found(panel), mtas: found("postfix"), now: NOW, ..Profile::default() }
}

/// The accounts of a host with Virtualmin: one user with two names.
fn virtualmin() -> Vec<PartOutput> {
    let users = "user\nUnix username\tinfo.example\nEmail address\tinfo@example.jp\nDisabled\tNo\nend\t0\n";
    vec![
        fine("accounts.virtualmin.users", users),
        fine("accounts.virtualmin.aliases", "end\t0\n"),
        fine("accounts.plain", "user\tinfo.example\nend\ndone\n"),
    ]
}

fn plesk(list: &str) -> Vec<PartOutput> {
    vec![fine("accounts.plesk.list", format!("{list}end=0\ndone\n")), fine("accounts.plesk.db", "end\n")]
}

/// What the look tells: a login that came from 192.0.2.9 and is connected.
fn open(login: &str) -> Vec<PartOutput> {
    let log = format!(
        "== 1 0 /var/log/mail.log\nfirst Nov 20 00:00:00 mx1 x: y\nNov 24 05:00:00 mx1 postfix/submission/smtpd[12]: \
         A000012: client=unknown[192.0.2.9], sasl_method=LOGIN, sasl_username={login}\nend\n"
    );
    vec![fine("sessions.log", log), fine("sessions.open", "tcp 0B004D0A:024B 090200C0:9000 12\nend\n")]
}

/// One operation, with what was told of the account when it was planned.
struct Case {
    host: Host,
    profile: Profile,
    operation: Operation,
    account: &'static str,
    was: Value,
    secret: Option<Secret>,
}

impl Case {
    fn planned(panel: &str, operation: Operation, account: &'static str, accounts: &[PartOutput]) -> Self {
        let (host, profile) = (host(), profile(panel));
        let was = was(&host, &profile, operation, account, accounts).unwrap_or_else(|why| panic!("{why}"));
        let secret = (operation == Operation::SetPassword).then(|| Secret::new("N3w".into()));
        Self { host, profile, operation, account, was, secret }
    }

    fn of_change(&self) -> AccountChange<'_> {
        let Self { host, profile, operation, account, was, secret } = self;
        AccountChange {
            host,
            profile,
            operation: *operation,
            account,
            was,
            limit: "",
            secret: secret.as_ref(),
            dir: "/d",
            again: false,
        }
    }
}

fn value<'a>(part: &'a Part, name: &str) -> &'a str {
    part.values.iter().find(|(n, _)| *n == name).map_or("", |(_, value)| value)
}

#[test]
fn what_is_open_under_any_word_of_the_account_is_cut_and_every_word_is_tried() {
    let short = plesk("mailname\tinfo@example.jp\n");
    for (panel, accounts, words) in [
        ("virtualmin", virtualmin(), ["info@example.jp", "info.example", "info"].as_slice()),
        ("plesk", short, &["info@example.jp", "info"]),
    ] {
        let case = Case::planned(panel, Operation::SetPassword, "info@example.jp", &accounts);
        for word in words {
            let done = [vec![fine("account.password", "row\tinfo@example.jp\tchanged\nend\n")], open(word)];
            let Ok(Act::Write(cut)) = case.of_change().next(&done) else { panic!("{word}") };
            assert_eq!(cut.input, ["192.0.2.9 090200C0 0000000000000000FFFF0000090200C0"], "{word}");
            assert_eq!((value(&cut, "account"), value(&cut, "logins")), ("info@example.jp", &*words.join(" ")));
            assert_eq!(case.of_change().open(&open(word)), Ok(1));
        }
        let Support::Yes(parts) = case.of_change().look() else { panic!() };
        assert_eq!(value(parts.last().unwrap(), "logins"), words.join(" "));
    }
}

#[test]
fn the_owner_of_a_virtual_server_is_refused_before_anything_is_planned() {
    let users = "user\nUnix username\texample\nUser type\tServer owner\nEmail address\texample@example.jp\nend\t0\n";
    let accounts = [fine("accounts.virtualmin.users", users), fine("accounts.plain", "end\ndone\n")];
    for account in ["example", "example@example.jp"] {
        let was = |operation| was(&host(), &profile("virtualmin"), operation, account, &accounts);
        for operation in [Operation::SetPassword, Operation::Disable, Operation::Delete] {
            assert!(was(operation).unwrap_err().contains("owner of a virtual server"), "{operation:?} {account}");
        }
        assert!(was(Operation::Cut).is_ok());
    }
}

#[test]
fn a_new_password_that_one_server_takes_and_another_refuses_is_no_success() {
    let case = Case::planned("plesk", Operation::SetPassword, "info@example.jp", &plesk("mailname\tinfo@example.jp\n"));
    let judged = |said: &str| {
        let outputs = [fine("sessions.probe", format!("{said}end\n"))];
        let row = case.of_change().judge(Evidence::Report(&claimed(RowEnd::Changed)), &outputs).unwrap().unwrap();
        (row.end, row.why)
    };
    let why = "the new password is refused (IMAP: accepted; SMTP: refused)".to_owned();
    assert_eq!(judged("said\tIMAP\tyes\t\nsaid\tSMTP\tno\t\n"), (RowEnd::Failed, Some(why)));
    let why = "proved: IMAP: accepted; SMTP: not known".to_owned();
    assert_eq!(judged("said\tIMAP\tyes\t\nsaid\tSMTP\tunknown\t\n"), (RowEnd::Changed, Some(why)));
}

#[test]
fn a_new_password_of_an_account_that_is_off_is_not_tried_and_not_failed() {
    let off = vec![fine("accounts.plain", "user\tinfo\noff\tinfo\nend\ndone\n")];
    let case = Case::planned("plain", Operation::SetPassword, "info", &off);
    let judged = |evidence: Evidence<'_>, word: &str| {
        let row =
            case.of_change().judge(evidence, &[fine("sessions.probe", format!("said\tDovecot\t{word}\t\nend\n"))]);
        let row = row.unwrap().unwrap();
        (row.end, row.why)
    };
    let changed = claimed(RowEnd::Changed);
    let why = |text: &str| Some(text.to_owned());
    assert_eq!(judged(Evidence::Report(&changed), "no"), (RowEnd::Changed, why("not proved: it is switched off")));
    assert_eq!(judged(Evidence::Report(&changed), "yes"), (RowEnd::Changed, why("proved: Dovecot: accepted")));
    assert_eq!(judged(Evidence::Report(&claimed(RowEnd::Failed)), "no").0, RowEnd::Failed);
    assert_eq!(judged(Evidence::Traces(DONE), "no"), (RowEnd::Failed, why("whether it was set cannot be told")));
    let Ok(Act::Write(set)) = case.of_change().next(&[]) else { panic!() };
    assert_eq!(value(&set, "off"), "yes", "the script tries it too");
}

#[test]
fn an_account_that_a_script_did_not_find_was_not_changed() {
    let accounts = plesk("mailname\tinfo@example.jp\n");
    for operation in [Operation::SetPassword, Operation::Limit] {
        let case = Case::planned("plesk", operation, "info@example.jp", &accounts);
        let outputs = [fine("sessions.probe", "said\tSMTP\tunknown\t\nend\n")];
        let row = case.of_change().judge(Evidence::Report(&claimed(RowEnd::Gone)), &outputs).unwrap().unwrap();
        assert_eq!((row.end, row.why.as_deref()), (RowEnd::Failed, Some("it was not found, and nothing was done")));
    }
    // What is to be gone is judged by the list.
    let case = Case::planned("plesk", Operation::Delete, "info@example.jp", &accounts);
    let row = case.of_change().judge(Evidence::Report(&claimed(RowEnd::Gone)), &plesk("")).unwrap().unwrap();
    assert_eq!(row.end, RowEnd::Deleted);
}

#[test]
fn an_alias_of_its_name_is_not_the_account() {
    let with = |user: &str| vec![fine("accounts.plain", format!("{user}alias\tinfo\tboss@example.jp\nend\ndone\n"))];
    let (there, gone) = (with("user\tinfo\n"), with(""));
    let end = |operation, before: &[PartOutput], after: &[PartOutput]| {
        Case::planned("plain", operation, "info", before)
            .of_change()
            .judge(Evidence::Traces(DONE), after)
            .unwrap()
            .unwrap()
            .end
    };
    assert_eq!(end(Operation::Delete, &there, &gone), RowEnd::Deleted);
    assert_eq!(end(Operation::Delete, &there, &there), RowEnd::Failed);
    assert_eq!(end(Operation::Restore, &gone, &there), RowEnd::Restored);
    assert_eq!(end(Operation::Restore, &gone, &gone), RowEnd::Failed);
    assert_eq!(end(Operation::Delete, &gone, &gone), RowEnd::Failed, "the alias itself was to go");
    assert!(was(&host(), &profile("plain"), Operation::Restore, "info", &there).is_err());
}

#[test]
fn a_deed_that_was_broken_off_is_not_done_whatever_is_seen_afterwards() {
    let with = |user: &str| vec![fine("accounts.plain", format!("{user}end\ndone\n"))];
    let (on, off, gone) = (with("user\tinfo\n"), with("user\tinfo\noff\tinfo\n"), with(""));
    let yes = vec![fine("sessions.probe", "said\tDovecot\tyes\t\nend\n")];
    let cases = [
        (Operation::SetPassword, &on, &yes, RowEnd::Changed),
        (Operation::Disable, &on, &off, RowEnd::Changed),
        (Operation::Delete, &on, &gone, RowEnd::Deleted),
        (Operation::Restore, &gone, &on, RowEnd::Restored),
    ];
    for (operation, before, after, whole) in cases {
        let case = Case::planned("plain", operation, "info", before);
        let end = |evidence: Evidence<'_>| case.of_change().judge(evidence, after).unwrap().unwrap().end;
        assert_eq!(end(Evidence::Traces(DONE)), whole, "{operation:?}");
        assert_eq!(end(Evidence::Report(&claimed(RowEnd::Changed))), whole, "{operation:?}");
        // The controller died after the operation or in it; the operation took too long.
        for traces in [&[Trace::Done(0), Trace::Broken][..], &[Trace::Broken]] {
            assert_eq!(end(Evidence::Traces(traces)), RowEnd::Failed, "{operation:?} {traces:?}");
        }
        assert_eq!(end(Evidence::Report(&ScriptReport::default())), RowEnd::Failed, "{operation:?}");
    }
}

/// The traces of a operation and a cut that came to their ends.
const DONE: &[Trace] = &[Trace::Done(0), Trace::Done(0)];

/// What a script report of the account.
fn claimed(end: RowEnd) -> ScriptReport {
    let row = RowResult { key: "info@example.jp".into(), end, why: None };
    ScriptReport { rows: vec![row], ..ScriptReport::default() }
}
