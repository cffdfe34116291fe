use super::*;
use crate::host::answer::testing::{fine, run, tool};
use crate::mail::read::accounts::{ACCOUNTS_OUTPUT, AccountsReport};
use proptest::prelude::*;

const USERS: &str = include_str!("../../../../../tests/captures/virtualmin/list-users.txt");
const ALIASES: &str = include_str!("../../../../../tests/captures/virtualmin/list-aliases.txt");
const USAGE: &str = include_str!("../../../../../tests/captures/virtualmin/usage.txt");
const SYSTEM: &str = "user\tinfo.example\nuser\talice\noff\tweb.shop\nalias\tinfo@example.jp\tinfo.example\n\
    alias\tbyhand@example.jp\talice\nend\n\
    delivery\tinfo.example\t1795487362\ndelivery\talice\t1795487000\ndone\n";

fn profile() -> Profile {
    Profile { zone: "Asia/Tokyo".into(), now: 1_795_487_362, ..Profile::default() }
}

/// Runs both scripts against stand-ins that print the texts and end with that status.
fn with_virtualmin(users: &str, aliases: &str, status: u8) -> Vec<PartOutput> {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("users"), users).unwrap();
    std::fs::write(dir.path().join("aliases"), aliases).unwrap();
    let script = format!(
        "case \"$*\" in\n'list-users --all-domains --multiline --include-owner') cat '{0}/users' ;;\n\
         'list-aliases --all-domains --multiline') cat '{0}/aliases' ;;\nesac\nexit {status}",
        dir.path().display()
    );
    tool(dir.path(), "virtualmin", &script);
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let parts = VirtualminAccounts.parts(&host, &profile());
    let mut outputs: Vec<PartOutput> = parts.iter().take(2).map(|part| run(part, dir.path())).collect();
    outputs.push(fine("accounts.plain", SYSTEM));
    outputs
}

fn read(outputs: &[PartOutput]) -> AccountsReport {
    AccountsReport::new(VirtualminAccounts.read(&profile(), outputs).unwrap())
}

#[test]
fn users_are_an_address_and_a_unix_user_and_no_password_leaves_the_host() {
    let outputs = with_virtualmin(USERS, ALIASES, 0);
    for output in &outputs {
        let (out, err) = (output.stdout.for_human(99_999), output.stderr.for_human(9_999));
        assert!(!out.contains("S3cret") && !err.contains("S3cret"), "{out}{err}");
    }
    let report = read(&outputs);
    assert!(report.complete && report.not_known.is_empty(), "{report:?}");
    let short = |a: &crate::model::mail::Account| {
        let flags = format!("{}{}", if a.disabled { "off " } else { "" }, if a.autoresponder { "auto " } else { "" });
        let times =
            format!("{:?} {:?}", a.last_login.as_deref().unwrap_or(""), a.last_delivery.as_deref().unwrap_or(""));
        format!("{} {:?} {} {flags}{:?} {times}", a.address, a.kind, a.source, a.forwards)
    };
    insta::assert_snapshot!(report.accounts.iter().map(short).collect::<Vec<_>>().join("\n"), @r#"
    @shop.example.jp Alias virtualmin ["web@shop.example.jp"] "" ""
    alice System passwd [] "" "2026-11-24T02:23:20Z"
    all@example.jp Alias virtualmin ["info@example.jp", "someone@outside.example"] "" ""
    away@example.jp Alias virtualmin auto [] "" ""
    byhand@example.jp Alias virtual ["alice"] "" ""
    contact@example.jp Alias virtualmin ["info@example.jp"] "" ""
    desk@example.jp Alias virtualmin ["info@example.jp"] "" ""
    example System virtualmin [] "" ""
    example@example.jp Mailbox virtualmin [] "" ""
    hook@example.jp Alias virtualmin ["|/usr/bin/curl"] "" ""
    info.example System virtualmin auto [] "2026-11-23T16:57:00Z" "2026-11-24T02:29:22Z"
    info@example.jp Mailbox virtualmin auto ["someone@outside.example"] "2026-11-23T16:57:00Z" "2026-11-24T02:29:22Z"
    old.example System virtualmin off [] "" ""
    old@example.jp Mailbox virtualmin off ["|/usr/local/bin/hook"] "" ""
    web.shop System virtualmin off [] "" ""
    "#);
    insta::assert_snapshot!(report.logins.join(" "), @"alice example example@example.jp info info.example info@example.jp old old.example old@example.jp web.shop");
    let logins = |name: &str| report.accounts.iter().find(|a| a.address == name).unwrap().logins.join(" ");
    for name in ["info@example.jp", "info.example"] {
        assert_eq!(logins(name), "info@example.jp info.example info", "one account, its main name first");
    }
    let owners: Vec<_> = report.accounts.iter().filter(|a| a.owner).map(|a| a.address.as_str()).collect();
    assert_eq!(owners, ["example", "example@example.jp"]);
    assert_eq!((logins("alice"), logins("contact@example.jp")), ("alice".into(), String::new()));
    crate::model::schema::testing::assert_same_keys(&serde_json::to_value(&report).unwrap(), ACCOUNTS_OUTPUT);
}

#[test]
fn the_reason_of_a_failure_is_the_first_line_of_standard_output() {
    let report = read(&with_virtualmin(USAGE, "You are not allowed to\n", 1));
    let expected =
        ["virtualmin users: Unknown parameter --include-owner", "virtualmin aliases: You are not allowed to"];
    assert_eq!((report.incomplete.as_slice(), report.complete), (&expected.map(str::to_owned)[..], false));
    let half = read(&with_virtualmin(USERS, ALIASES, 9));
    assert_eq!(half.incomplete, ["virtualmin users: exited with status 9", "virtualmin aliases: exited with status 9"]);
    assert!(half.logins.contains(&"info.example".to_owned()), "what came is kept");
    let secret = with_virtualmin("The password S3cret is bad\n", "", 1);
    assert!(!secret[0].stdout.for_human(999).contains("S3cret"));
}

#[test]
fn without_the_command_the_program_behind_it_is_asked() {
    let dir = tempfile::tempdir().unwrap();
    let programs = dir.path().join("virtual-server");
    std::fs::create_dir(&programs).unwrap();
    std::fs::write(
        programs.join("list-users.pl"),
        "print \"info\\n    Unix username: info\\n\" if \"@ARGV\" =~ /^--all/;\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("miniserv.conf"), format!("port=10000\nroot={}\n", dir.path().display())).unwrap();
    let host = Host::new(crate::model::HostName::parse("mx1").unwrap(), "mx1", 22, "root");
    let part = VirtualminAccounts.parts(&host, &profile()).swap_remove(0);
    let conf = dir.path().join("miniserv.conf").display().to_string();
    let part = Part::new(part.name, part.script.replace("/etc/webmin/miniserv.conf", &conf));
    assert_eq!(run(&part, dir.path()).stdout.for_human(999), "user\nUnix username\tinfo\nend\t0\n");
    std::fs::remove_dir_all(&programs).unwrap();
    let report = read(&[run(&part, dir.path())]);
    assert_eq!(report.incomplete[0], "virtualmin users: no virtualmin command was found");
}

#[test]
fn a_unix_user_that_is_named_by_the_address_is_one_account() {
    let users = "user\nUnix username\tinfo@example.jp\nEmail address\tinfo@example.jp\nDisabled\tYes\nend\t0\n";
    let report = read(&[fine("accounts.virtualmin.users", users)]);
    assert_eq!((report.total, report.accounts[0].disabled), (1, true));
    assert_eq!(report.logins, ["info", "info@example.jp"]);
    assert_eq!(report.incomplete.len(), 2, "{:?}", report.incomplete);
    assert!(VirtualminAccounts.read(&profile(), &[]).is_err());
}

#[test]
fn a_cut_or_flipped_answer_never_panics_and_a_cut_one_is_not_complete() {
    let outputs = with_virtualmin(USERS, ALIASES, 0);
    for at in 0..2 {
        let whole = outputs[at].stdout.parse(|bytes| Ok::<_, ParseError>(bytes.to_vec())).unwrap();
        for cut in 0..whole.len() {
            let mut outputs = outputs.clone();
            outputs[at] = fine(&outputs[at].name.clone(), &whole[..cut]);
            // The end is one digit and a line feed, which may be missing.
            assert_eq!(read(&outputs).complete, cut + 1 >= whole.len(), "{cut} of {}", whole.len());
            let mut flipped = whole.clone();
            flipped[cut] ^= 0x55;
            outputs[at] = fine(&outputs[at].name.clone(), flipped);
            read(&outputs);
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        users in proptest::collection::vec(any::<u8>(), 0..300),
        aliases in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let outputs = [fine("accounts.virtualmin.users", users), fine("accounts.virtualmin.aliases", aliases)];
        let _ = VirtualminAccounts.read(&profile(), &outputs);
    }
}
