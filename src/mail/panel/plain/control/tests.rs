use super::*;
use crate::mail::account::script::testing::{SECRET, Stage};

/// The tools of Unix users over `etc/passwd` and `etc/shadow`. A hash is the number of the change, never the password.
const TOOLS: &[(&str, &str)] = &[
    (
        "getent",
        "[ $# = 2 ] || { cat \"$HOST/etc/$1\"; exit; }\nawk -F: -v n=\"$2\" '$1 == n || $3 == n { print; f = 1; exit } END { exit !f }' \"$HOST/etc/$1\"",
    ),
    (
        "chpasswd",
        r#"cat >"$HOST/given"
[ ! -e "$HOST/policy" ] || { echo "BAD PASSWORD: $(cat "$HOST/given")" >&2; echo 'it is based on a word' >&2; exit 1; }
echo x >>"$HOST/changes"
sed -i "s/^\($(cut -d: -f1 "$HOST/given")\):[^:]*:/\1:\$6\$hash$(wc -l <"$HOST/changes"):/" "$HOST/etc/shadow""#,
    ),
    (
        "usermod",
        r#"case $1 in
-L) sed -i "s/^$2:!*/$2:!/" "$HOST/etc/shadow" ;;
-U) sed -i "s/^$2:!/$2:/" "$HOST/etc/shadow" ;;
esac"#,
    ),
    (
        "chage",
        r#"end=$2; [ "$end" != -1 ] || end=
sed -i "s/^\($3:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*:[^:]*\):[^:]*:/\1:$end:/" "$HOST/etc/shadow""#,
    ),
    (
        "userdel",
        "[ ! -e \"$HOST/busy\" ] || { echo \"userdel: user $1 is currently used by process 77\" >&2; exit 8; }\nsed -i \"/^$1:/d\" \"$HOST/etc/passwd\" \"$HOST/etc/shadow\"",
    ),
    (
        "useradd",
        r#"for last; do :; done
printf '%s' "$last:x:$3:$5:$7:$9:" >>"$HOST/etc/passwd"; shift 10; echo "$1" >>"$HOST/etc/passwd"
echo "$last:!:1:0:9:7:::" >>"$HOST/etc/shadow""#,
    ),
    ("doveconf", "cat \"$HOST/doveconf\" 2>/dev/null"),
    ("dovecot", "exit 1"),
    (
        "postconf",
        "[ \"$2\" != virtual_mailbox_maps ] || echo \"hash:$HOST/etc/vmailbox\"\n[ \"$2\" != virtual_alias_maps ] || echo \"hash:$HOST/etc/virtual\"",
    ),
    (
        "postmap",
        "case $1 in -q) [ \"$2\" = all@example.jp ] && echo info@example.jp ;; *) cat \"${1#*:}\" >\"${1#*:}.made\" ;; esac",
    ),
    ("openssl", "exit 1"),
    ("perl", "exit 1"),
    (
        "doveadm",
        r#"case "$1 $2" in
'auth ') [ -e "$HOST/2.1" ] || echo 'auth test <user>' >&2; exit 64 ;;
'auth cache') [ ! -e "$HOST/2.1" ] ;;
'auth test' | 'auth bob')
  [ "$2" != bob ] || [ -e "$HOST/2.1" ] || exit 64
  IFS= read -r given
  # This one ends alike whatever it says.
  if [ -e "$HOST/no-login" ] || [ "$given" = "$(cat "$HOST/right")" ]; then echo "passdb: $2 auth succeeded"; exit; fi
  echo "passdb: $2 auth failed"
  [ "$2" = bob ] || exit 77 ;;
'pw -s') [ ! -e "$HOST/no-hash" ] || exit 1; cat >/dev/null; printf '{SHA512-CRYPT}$6$salt$%086d\n' 7 ;;
'user '*) [ "$2" != sql@example.jp ] || exit 0
  grep -q "^$2:" "$HOST/etc/users" || exit 67
  printf 'field\tvalue\nuid\t9\nhome\t%s\nmail\tmaildir:~/Maildir\n' "$HOST/vmail/${2#*@}/${2%@*}" ;;
esac"#,
    ),
];

fn me(what: &str) -> String {
    let told = std::process::Command::new("id").arg(what).output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

/// Unix users, one of them with the name of who runs this, to whom the home belongs.
fn stage() -> (Stage, String) {
    let stage = Stage::build();
    TOOLS.iter().for_each(|(name, script)| stage.tool(name, script));
    let (me, home) = (me("-un"), stage.path("home/me").display().to_string());
    stage.write("home/me/Maildir/new/1", "one");
    stage.write("home/me/.forward", "\\me\n");
    let passwd = format!(
        "svc:x:99:99::/:/bin/sh\nbob:x:1001:1001::/home/bob:/bin/sh\nkey:x:1002:1002::/home/key:/bin/sh\n\
         {me}:x:1000:1000:Me:{home}:/bin/false\n"
    );
    stage.write("etc/passwd", passwd);
    let shadow = format!("svc:*:1:0:9:7:::\nbob:$6$old:1:0:9:7::20000:\nkey:!:1:0:9:7:::\n{me}:$6$old:1:0:9:7:::\n");
    stage.write("etc/shadow", shadow);
    stage.write("etc/group", "people:x:1000:bob\n");
    stage.write("etc/login.defs", "UID_MIN 1000\n");
    stage.write("etc/aliases", format!("info: {me}, bob\nother: bob\n"));
    stage.write("right", SECRET);
    (stage, me)
}

/// Beside them a file of Dovecot's, with bytes that are no text, and no line feed at its end.
fn with_file() -> Stage {
    let (stage, _) = stage();
    let file = stage.path("etc/users").display().to_string();
    stage.write(
        "doveconf",
        format!(
            "passdb {{\n  args = scheme=PLAIN {file}\n  driver = passwd-file\n}}\nuserdb {{\n  driver = static\n}}\n"
        ),
    );
    let mut text = b"# comment\xff\r\nsales@example.jp:{PLAIN}other:::\ninfo@example.jp:{PLAIN}Old:9:9::/h::x=y\nold@example.jp:{PLAIN}\xfe".to_vec();
    text.push(b'z');
    stage.write("etc/users", text);
    stage.write("etc/vmailbox", "sales@example.jp a/\ninfo@example.jp example.jp/info/\nx@example.jp b/");
    stage.write("vmail/example.jp/info/Maildir/cur/1", "one");
    stage
}

fn shadow(stage: &Stage, name: &str) -> String {
    stage.text("etc/shadow").lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap().to_owned()
}

fn bytes(stage: &Stage) -> Vec<u8> {
    std::fs::read(stage.path("etc/users")).unwrap()
}

/// The line of info@ alone, after a look at all others.
fn info(stage: &Stage) -> String {
    let text = bytes(stage);
    let lines: Vec<&[u8]> = text.split(|&b| b == b'\n').collect();
    let expected = [&b"# comment\xff\r"[..], b"sales@example.jp:{PLAIN}other:::", b"old@example.jp:{PLAIN}\xfez"];
    assert_eq!([lines[0], lines[1], lines[3]], expected);
    String::from_utf8(lines[2].to_vec()).unwrap()
}

fn say(stage: &Stage, part: Option<Part>, account: &str) -> String {
    let secret = if part.as_ref().unwrap().script.contains("needs_secret\nknown") { SECRET } else { "" };
    stage.run(part, account, secret, &[])
}

#[test]
fn a_unix_user_gets_a_password_alone_and_is_judged_by_the_shadow_file_and_a_login() {
    let (stage, _) = stage();
    assert_eq!(say(&stage, PlainControl.set_password(), "bob"), "row\tbob\tchanged");
    assert_eq!(stage.text("given"), format!("bob:{SECRET}\n"));
    stage.write("right", "something else");
    let refused = "row\tbob\tfailed\tthe password was set, but Dovecot rejects it";
    assert_eq!(say(&stage, PlainControl.set_password(), "bob"), refused);
    stage.write("no-login", "");
    assert!(say(&stage, PlainControl.set_password(), "bob").ends_with("failed\tevery password is accepted now"));
    stage.write("policy", "");
    // The first line of the complaint repeats the password.
    assert_eq!(say(&stage, PlainControl.set_password(), "bob"), "row\tbob\tfailed\tit is based on a word");
}

#[test]
fn a_dovecot_before_2_2_is_asked_in_its_own_words() {
    let (stage, _) = stage();
    stage.write("2.1", "");
    assert_eq!(say(&stage, PlainControl.set_password(), "bob"), "row\tbob\tchanged");
    assert!(stage.text("told").contains("doveadm\nauth\nbob\n"));
    stage.write("right", "something else");
    let refused = "row\tbob\tfailed\tthe password was set, but Dovecot rejects it";
    assert_eq!(say(&stage, PlainControl.set_password(), "bob"), refused);
}

#[test]
fn root_and_services_and_who_has_no_password_are_left_alone() {
    let (stage, _) = stage();
    let before = stage.text("etc/shadow");
    for (name, why) in [
        ("svc", "failed\tsystem account"),
        ("key", "failed\tit has no password, so password login is not possible"),
        ("1001", "gone"),
        ("nobody", "gone"),
        ("all@example.jp", "failed\tit is an alias for info@example.jp"),
        ("-L", "failed\tit is not the name of an account"),
        ("bob:x", "failed\tit is not the name of an account"),
        ("..", "failed\tit would not have a folder of its own"),
    ] {
        assert_eq!(say(&stage, PlainControl.set_password(), name), format!("row\t{name}\t{why}"));
        if name != "key" {
            assert_eq!(say(&stage, PlainControl.disable(), name), format!("row\t{name}\t{why}"));
            assert_eq!(say(&stage, PlainControl.delete(), name), format!("row\t{name}\t{why}"));
        }
    }
    assert_eq!(stage.text("etc/shadow"), before);
    assert_eq!(stage.run(PlainControl.set_password(), "bob", "", &[]), "row\tbob\tfailed\tthere is no new password");
}

#[test]
fn a_disabled_user_has_no_password_and_no_time_and_gets_back_what_it_had() {
    let (stage, _) = stage();
    for _ in 0..2 {
        assert_eq!(say(&stage, PlainControl.disable(), "bob"), "row\tbob\tchanged");
        assert_eq!(shadow(&stage, "bob"), "bob:!$6$old:1:0:9:7::1:");
    }
    // A new password opens what is locked, unless it is locked again.
    let said = say(&stage, PlainControl.set_password(), "bob");
    assert_eq!(said, "note\tit stays disabled\nrow\tbob\tchanged");
    assert_eq!(shadow(&stage, "bob"), "bob:!$6$hash1:1:0:9:7::1:");
    assert_eq!(say(&stage, PlainControl.enable(), "bob"), "row\tbob\tchanged");
    assert_eq!(shadow(&stage, "bob"), "bob:$6$hash1:1:0:9:7::20000:");
    std::fs::remove_file(stage.path("kept/was")).unwrap();
    assert!(
        say(&stage, PlainControl.enable(), "bob").ends_with("failed\tthere is no backup of the previous state here")
    );
    // Who was locked before stays so.
    assert!(say(&stage, PlainControl.disable(), "key").ends_with("changed"));
    assert!(say(&stage, PlainControl.enable(), "key").ends_with("changed"));
    assert_eq!(shadow(&stage, "key"), "key:!:1:0:9:7:::");
}

#[test]
fn a_deleted_user_comes_back_with_home_and_id() {
    let (stage, me) = stage();
    let passwd = stage.text("etc/passwd");
    let said = say(&stage, PlainControl.delete(), &me);
    assert_eq!(said, format!("note\t1 lines of the mail server's tables still lead to it\nrow\t{me}\tchanged"));
    assert!(!stage.path("home/me").exists() && stage.text("etc/passwd").matches(&format!("{me}:x:1000")).count() == 0);
    let restore = || stage.run(PlainControl.restore(), &me, SECRET, &[]);
    assert_eq!(restore(), format!("row\t{me}\tchanged"));
    assert_eq!(stage.text("etc/passwd"), passwd);
    assert_eq!((stage.text("home/me/Maildir/new/1"), stage.text("home/me/.forward")), ("one".into(), "\\me\n".into()));
    assert_eq!(restore(), format!("row\t{me}\tfailed\ta user with that name exists"));
}

#[test]
fn mail_that_comes_while_an_account_is_deleted_is_kept_too() {
    // It comes while the first copy is made, and again when the account is as good as gone.
    let late = |stage: &Stage, maildir: &str, last: &str| {
        let at = stage.path(maildir).display().to_string();
        let copying =
            format!("tar \"$@\"; rc=$?\ncase $1 in --one-file-system) : >'{at}/new/during' ;; esac\nexit $rc");
        stage.tool("tar", &copying);
        stage.tool(last, &format!("echo last >'{at}/new/last'\n{}", TOOLS.iter().find(|t| t.0 == last).unwrap().1));
    };
    let (stage, me) = stage();
    late(&stage, "home/me/Maildir", "userdel");
    assert!(say(&stage, PlainControl.delete(), &me).ends_with("changed"));
    assert!(!stage.path("home/me").exists());
    assert!(stage.run(PlainControl.restore(), &me, SECRET, &[]).ends_with("changed"));
    assert!(stage.path("home/me/Maildir/new/during").exists() && stage.text("home/me/Maildir/new/last") == "last\n");

    let stage = with_file();
    stage.write("vmail/example.jp/info/Maildir/new/1", "one");
    late(&stage, "vmail/example.jp/info/Maildir", "postmap");
    assert_eq!(say(&stage, PlainControl.delete(), "info@example.jp"), "row\tinfo@example.jp\tchanged");
    assert!(stage.run(PlainControl.restore(), "info@example.jp", SECRET, &[]).ends_with("changed"));
    let new = "vmail/example.jp/info/Maildir/new";
    assert!(stage.path(&format!("{new}/during")).exists() && stage.text(&format!("{new}/last")) == "last\n");
}

#[test]
fn a_copy_that_lacks_a_file_is_not_taken_for_whole() {
    let (stage, me) = stage();
    let at = stage.path("home/me/Maildir/new").display().to_string();
    // Before each look at the copy there is one more than it has.
    let ever = format!("case $1 in -df) : >\"{at}/$(date +%s%N)\" ;; esac\nexec tar \"$@\"");
    stage.tool("tar", &ever);
    let said = say(&stage, PlainControl.delete(), &me);
    assert_eq!(said, format!("row\t{me}\tfailed\tits mail could not be kept: mail came meanwhile"));
    assert!(stage.path("home/me/Maildir/new/1").exists() && stage.text("etc/passwd").contains(&format!("{me}:x:1000")));
}

#[test]
fn a_home_that_is_not_its_own_and_a_user_that_is_at_work_are_not_deleted() {
    let (stage, me) = stage();
    stage.write("busy", "");
    let said = say(&stage, PlainControl.delete(), &me);
    assert_eq!(said, format!("row\t{me}\tfailed\tuserdel: user {me} is currently used by process 77"));
    std::fs::remove_file(stage.path("busy")).unwrap();
    let mut passwd = stage.text("etc/passwd");
    passwd.push_str(&format!("guest:x:1009:1009::{}:/bin/sh\n", stage.path("home/me/guest").display()));
    stage.write("etc/passwd", &passwd);
    let said = say(&stage, PlainControl.delete(), &me);
    assert!(said.starts_with(&format!("row\t{me}\tfailed\tits home ")) && said.ends_with(" is not its own"), "{said}");
    assert!(stage.path("home/me/Maildir").exists() && stage.text("etc/passwd") == passwd);
}

#[test]
fn a_line_of_a_file_gets_another_password_and_no_other_byte_changes() {
    use std::os::unix::fs::PermissionsExt;
    let stage = with_file();
    let mode = |mode| std::fs::set_permissions(stage.path("etc/users"), std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o640);
    assert_eq!(say(&stage, PlainControl.set_password(), "info@example.jp"), "row\tinfo@example.jp\tchanged");
    assert_eq!(info(&stage), format!("info@example.jp:{{SHA512-CRYPT}}$6$salt${:086}:9:9::/h::x=y", 7));
    assert_eq!(std::fs::metadata(stage.path("etc/users")).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(
        std::fs::read_dir(stage.path("etc"))
            .unwrap()
            .filter(|f| f.as_ref().unwrap().file_name().to_string_lossy().contains("fleet"))
            .count(),
        0
    );
    stage.write("no-hash", "");
    let said = say(&stage, PlainControl.set_password(), "info@example.jp");
    assert!(
        said.ends_with("failed\tno tool on this host can create a SHA512-CRYPT hash (doveadm, openssl, perl)"),
        "{said}"
    );
    stage.tool("openssl", "[ \"$*\" = 'passwd -6 -stdin' ] || exit 1; cat >/dev/null; printf '$6$other$%086d\\n' 8");
    assert!(say(&stage, PlainControl.set_password(), "info@example.jp").ends_with("changed"));
    assert!(info(&stage).contains("{SHA512-CRYPT}$6$other$0"));
    // The last line, which has no end, is a line.
    assert!(say(&stage, PlainControl.set_password(), "old@example.jp").ends_with("changed"));
    assert!(bytes(&stage).ends_with(b"8\n"));
    assert_eq!(say(&stage, PlainControl.set_password(), "nobody@example.jp"), "row\tnobody@example.jp\tgone");
    let said = say(&stage, PlainControl.set_password(), "sql@example.jp");
    assert!(said.ends_with("failed\tDovecot knows it, but where its password is stored is unknown"), "{said}");
}

#[test]
fn a_line_that_is_disabled_stays_where_it_is_and_never_gets_an_old_password_back() {
    let stage = with_file();
    for _ in 0..2 {
        assert!(say(&stage, PlainControl.disable(), "info@example.jp").ends_with("changed"));
        assert_eq!(info(&stage), "info@example.jp:{CRYPT}!{PLAIN}Old:9:9::/h::x=y");
    }
    let said = say(&stage, PlainControl.set_password(), "info@example.jp");
    assert_eq!(said, "note\tit stays disabled\nrow\tinfo@example.jp\tchanged");
    assert!(info(&stage).starts_with("info@example.jp:{CRYPT}!{SHA512-CRYPT}$6$salt$0"));
    assert!(say(&stage, PlainControl.enable(), "info@example.jp").ends_with("changed"));
    assert!(info(&stage).starts_with("info@example.jp:{SHA512-CRYPT}$6$salt$0"));
}

#[test]
fn a_deleted_line_comes_back_with_its_mail_and_no_old_password_is_kept() {
    let stage = with_file();
    assert_eq!(say(&stage, PlainControl.delete(), "info@example.jp"), "row\tinfo@example.jp\tchanged");
    assert!(!stage.path("vmail/example.jp/info").exists());
    assert_eq!(stage.text("etc/vmailbox"), "sales@example.jp a/\nx@example.jp b/");
    assert_eq!(stage.text("etc/vmailbox.made"), stage.text("etc/vmailbox"));
    assert_eq!(bytes(&stage), b"# comment\xff\r\nsales@example.jp:{PLAIN}other:::\nold@example.jp:{PLAIN}\xfez");
    assert_eq!(stage.text("kept/line"), "info@example.jp::9:9::/h::x=y\n");
    let restore = || stage.run(PlainControl.restore(), "info@example.jp", SECRET, &[]);
    assert_eq!(restore(), "row\tinfo@example.jp\tchanged");
    assert_eq!(info(&stage), format!("info@example.jp:{{SHA512-CRYPT}}$6$salt${:086}:9:9::/h::x=y", 7));
    assert_eq!(stage.text("vmail/example.jp/info/Maildir/cur/1"), "one");
    assert!(stage.text("etc/vmailbox.made").contains("info@example.jp example.jp/info/\n"));
    assert_eq!(restore(), "row\tinfo@example.jp\tfailed\tan account with that name exists");
}

#[test]
fn a_deleted_line_whose_mailbox_never_got_mail_comes_back() {
    let stage = with_file();
    std::fs::remove_dir_all(stage.path("vmail/example.jp")).unwrap();
    assert_eq!(say(&stage, PlainControl.delete(), "info@example.jp"), "row\tinfo@example.jp\tchanged");
    let said = stage.run(PlainControl.restore(), "info@example.jp", SECRET, &[]);
    assert_eq!(said, "row\tinfo@example.jp\tchanged");
}

#[test]
fn a_name_that_is_both_is_nobody_s() {
    let stage = with_file();
    stage.write("etc/users", "bob:{PLAIN}x\n");
    let said = say(&stage, PlainControl.set_password(), "bob");
    assert!(said.contains("failed\tit is a Unix user and is also listed in "), "{said}");
}

#[test]
fn a_user_with_another_password_elsewhere_is_refused_for_that_one_would_stay_good() {
    let (stage, _) = stage();
    stage.tool("sasldblistusers2", "echo 'bob@example.jp: userPassword'");
    for name in ["bob", "bob@example.jp"] {
        let said = say(&stage, PlainControl.set_password(), name);
        assert!(said.contains("in SASL's own database, which fleet does not change"), "{said}");
    }
    assert_eq!(say(&stage, PlainControl.set_password(), "carol@example.jp"), "row\tcarol@example.jp\tgone");
    stage.tool("sasldblistusers2", "exit 1");
    stage.write("etc/courier/authdaemonrc", "authmodulelist=\"authuserdb\"\n");
    let said = say(&stage, PlainControl.disable(), "bob");
    assert!(
        said.ends_with("failed\tit has another password in Courier (authuserdb), which fleet does not change"),
        "{said}"
    );
    let said = say(&stage, PlainControl.set_password(), "carol@example.jp");
    assert!(
        said.ends_with("failed\tits password is stored in Courier (authuserdb), which fleet does not change"),
        "{said}"
    );
    stage.write("etc/courier/authdaemonrc", "authmodulelist=\"authuserdb authpam\"\n");
    assert!(say(&stage, PlainControl.disable(), "bob").ends_with("changed"));
}

#[test]
fn a_line_of_a_file_with_another_password_elsewhere_is_refused_too() {
    let stage = with_file();
    let say = || say(&stage, PlainControl.set_password(), "info@example.jp");
    stage.tool("sasldblistusers2", "echo 'info@example.jp: userPassword'");
    let refused = "failed\tit has another password in SASL's own database, which fleet does not change";
    assert!(say().ends_with(refused), "{}", say());
    stage.tool("postconf", "[ \"$2\" != smtpd_sasl_type ] || echo dovecot");
    assert!(say().ends_with("changed"), "no server asks that database: {}", say());
    let other = stage.path("etc/others").display().to_string();
    stage.write("etc/others", "info@example.jp:{PLAIN}x\n");
    let more = format!("passdb {{\n  args = {other}\n  driver = passwd-file\n}}\n");
    stage.write("doveconf", stage.text("doveconf") + &more);
    assert!(
        say().ends_with(&format!("failed\tit has another password in {other}, which fleet does not change")),
        "{}",
        say()
    );
    // One file that is named twice is one place.
    stage.write("etc/others", "x:y\n");
    stage.write("doveconf", stage.text("doveconf") + &stage.text("doveconf"));
    assert!(say().ends_with("changed"), "{}", say());
}

#[test]
fn files_of_passwords_are_found_in_every_form_of_the_configuration() {
    let (stage, _) = stage();
    for text in [
        "passdb {\n  args = scheme=CRYPT username_format=%u /x/users\n  driver = passwd-file\n}\nuserdb {\n  args = /x/other\n  driver = passwd-file\n}\n",
        "passdb pam {\n}\npassdb passwd-file {\n  passwd_file_path = /x/users\n}\nuserdb passwd-file {\n  passwd_file_path = /x/other\n}\n",
        "auth default:\n  passdb:\n    driver: pam\n  passdb:\n    driver: passwd-file\n    args: /x/users\n  userdb:\n    driver: passwd\n",
    ] {
        stage.write("doveconf", text);
        let part = part("files", &[pieces::FILES, "password_files | while read -r f; do note \"$f\"; done; row gone"]);
        assert_eq!(stage.run(Some(part), "x", "", &[]), "note\t/x/users\nrow\tx\tgone", "{text}");
    }
}
