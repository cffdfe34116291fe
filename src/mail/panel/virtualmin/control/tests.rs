use super::*;
use crate::mail::account::script::testing::{SECRET, Stage};

/// One user of one domain, in files; errors come on standard output with the usage behind them.
const VIRTUALMIN: &str = r#"
command=$1; shift
usage() { printf '%s\n\nModifies a mail, FTP or database user in a Virtualmin domain.\n\n%s\n' "$1" "$OPTIONS"; exit 1; }
OPTIONS='[--pass new-password | --passfile password-file]'
[ ! -e "$HOST/old" ] || OPTIONS='[--pass new-password]'
hash() { sed -n "s/^$1:\([^:]*\):.*/\1/p" "$HOST/etc/shadow"; }
show() {
  printf '%s\n    User: %s\n    Domain: example.jp\n    Unix username: %s\n    Password: Old-S3cret\n' "$1" "$1" "$2"
  case $(hash "$2") in !*) off=Yes ;; *) off=No ;; esac
  printf '    Encrypted password: $6$S3cret\n    Disabled: %s\n    Home directory: %s/home/%s\n    User type: %s\n' "$off" "$HOST" "$1" "$3"
}
case $command in
list-users)
  [ ! -e "$HOST/broken" ] || { echo 'Failed to lock the configuration'; exit 1; }
  show example example 'Server owner'
  [ -e "$HOST/deleted" ] || { show info "$ME" 'Normal user'; printf '    Email address: info@example.jp\n    Extra addresses: contact@example.jp desk@example.jp\n'; [ ! -s "$HOST/forwards" ] || cat "$HOST/forwards"; }
  exit ;;
esac
user=
while [ $# -gt 0 ]; do
  case $1 in
  --user) user=$2; shift ;;
  --passfile) [ ! -e "$HOST/old" ] || { [ -s "$HOST/old" ] && usage 'Unknown parameter --passfile' || usage ''; }
    [ ! -e "$HOST/policy" ] || usage 'Password is too short'
    cat "$2" >"$HOST/given"; sed -i "s/^$ME:[^:]*:/$ME:\$6\$new$(wc -l <"$HOST/told"):/" "$HOST/etc/shadow"; shift ;;
  --disable) sed -i "s/^$ME:!*/$ME:!/" "$HOST/etc/shadow" ;;
  --enable) sed -i "s/^$ME:!/$ME:/" "$HOST/etc/shadow" ;;
  --add-forward) echo "    Forward mail to: $2" >>"$HOST/forwards"; shift ;;
  esac
  shift
done
[ "$user" = info ] || usage "No user named $user was found in the server example.jp"
case $command in
delete-user) : >"$HOST/deleted"; rm -rf "$HOST/home/info" "$HOST/forwards"; sed -i "/^$ME:/d" "$HOST/etc/passwd" "$HOST/etc/shadow"; echo "User $ME deleted successfully" ;;
create-user) rm -f "$HOST/deleted"; mkdir -p "$HOST/home/info/Maildir"; echo "$ME:x:1000:1000::$HOST/home/info:/bin/false" >>"$HOST/etc/passwd"; echo "$ME:*:1:0:9:7:::" >>"$HOST/etc/shadow"; echo "User $ME created successfully" ;;
*) echo "User $ME updated successfully" ;;
esac"#;

fn me() -> String {
    let told = std::process::Command::new("id").arg("-un").output().unwrap();
    String::from_utf8(told.stdout).unwrap().trim().to_owned()
}

fn stage() -> Stage {
    let (stage, me) = (Stage::build(), me());
    stage.tool("virtualmin", &format!("ME='{me}'\n{VIRTUALMIN}"));
    stage.tool(
        "getent",
        "[ $# = 2 ] || { cat \"$HOST/etc/$1\"; exit; }\nawk -F: -v n=\"$2\" '$1 == n { print }' \"$HOST/etc/$1\"",
    );
    stage.tool("chpasswd", "cat >\"$HOST/by-system\"; sed -i 's/^[^:]*:[^:]*:1:/'\"$(cut -d: -f1 \"$HOST/by-system\")\"':$6$system:1:/' \"$HOST/etc/shadow\"");
    stage.tool("usermod", "[ $1 = -L ] && sed -i \"s/^$2:!*/$2:!/\" \"$HOST/etc/shadow\"");
    stage.tool("doveconf", "exit 1");
    stage.tool("dovecot", "exit 1");
    stage.tool("postconf", "exit 1");
    stage.tool("postmap", "exit 1");
    stage.tool("doveadm", "case \"$1 $2\" in 'auth ') echo 'auth test' ;; 'auth test') IFS= read -r given; [ \"$given\" = \"$(cat \"$HOST/given\")\" ] || exit 77; echo succeeded ;; 'user '*) exit 67 ;; esac");
    stage.write("etc/passwd", format!("{me}:x:1000:1000::{}:/bin/false\n", stage.path("home/info").display()));
    stage.write("etc/shadow", format!("{me}:$6$old:1:0:9:7:::\n"));
    stage.write("etc/login.defs", "UID_MIN 1000\n");
    stage.write("home/info/Maildir/new/1", "one");
    stage
}

fn set(stage: &Stage, account: &str) -> String {
    stage.run(VirtualminControl.set_password(), account, SECRET, &[])
}

fn hash(stage: &Stage) -> String {
    stage.text("etc/shadow").split(':').nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_password_comes_by_a_file_that_is_standard_input() {
    let stage = stage();
    for account in ["info@example.jp", me().as_str()] {
        assert_eq!(set(&stage, account), format!("row\t{account}\tchanged"));
        assert_eq!(stage.text("given"), format!("{SECRET}\n"));
    }
    assert!(stage.text("told").contains("--passfile\n/dev/stdin\n"));
}

#[test]
fn owners_and_aliases_and_nobody_and_a_list_that_fails_are_told_apart() {
    let stage = stage();
    let said = |account: &str| set(&stage, account).replace(&format!("row\t{account}\t"), "");
    assert_eq!(said("example"), "failed\tit is the owner of a virtual server");
    assert_eq!(said("contact@example.jp"), format!("failed\tit is an alias of {}", me()));
    assert_eq!(said("nobody@example.jp"), "gone");
    let elsewhere = "failed\tit has another password in SASL's own database, which fleet does not change";
    for listed in ["info@example.jp".to_owned(), format!("{}@mx1", me())] {
        stage.tool("sasldblistusers2", &format!("echo '{listed}: userPassword'"));
        assert_eq!(said("info@example.jp"), elsewhere);
    }
    stage.tool("sasldblistusers2", "exit 1");
    stage.write("policy", "");
    assert_eq!(said("info@example.jp"), "failed\tPassword is too short");
    stage.write("broken", "");
    assert_eq!(said("info@example.jp"), "failed\tvirtualmin list-users: Failed to lock the configuration");
    assert_eq!(hash(&stage), "$6$old");
}

#[test]
fn an_old_virtualmin_that_wants_the_password_as_an_argument_does_not_get_it() {
    for answer in ["", "says so"] {
        let stage = stage();
        stage.write("old", answer);
        stage.write("given", SECRET);
        let said = set(&stage, "info@example.jp");
        assert!(said.starts_with("note\tthis Virtualmin accepts passwords only as an argument"), "{said}");
        assert!(said.ends_with("row\tinfo@example.jp\tchanged"), "{said}");
        assert_eq!(stage.text("by-system"), format!("{}:{SECRET}\n", me()));
    }
}

#[test]
fn a_disabled_user_stays_so_with_a_new_password_until_it_is_enabled() {
    let stage = stage();
    let say = |part| stage.run(part, "info@example.jp", "", &[]);
    assert_eq!(say(VirtualminControl.disable()), "row\tinfo@example.jp\tchanged");
    assert_eq!(say(VirtualminControl.disable()), "row\tinfo@example.jp\tchanged");
    assert_eq!(hash(&stage), "!$6$old");
    assert_eq!(set(&stage, "info@example.jp"), "note\tit stays disabled\nrow\tinfo@example.jp\tchanged");
    assert!(hash(&stage).starts_with("!$6$new"), "{}", hash(&stage));
    assert_eq!(say(VirtualminControl.enable()), "row\tinfo@example.jp\tchanged");
    assert!(hash(&stage).starts_with("$6$new"));
}

#[test]
fn a_deleted_user_comes_back_with_mail_and_forwards_and_a_password_that_was_no_argument() {
    let stage = stage();
    stage.write("forwards", format!("    Forward mail to: \\{}\n    Forward mail to: a@outside.example\n", me()));
    let said = stage.run(VirtualminControl.delete(), "info@example.jp", "", &[]);
    assert_eq!(said, "row\tinfo@example.jp\tchanged");
    assert!(!stage.path("home/info").exists());
    let again = stage.run(VirtualminControl.delete(), "info@example.jp", "", &[]);
    assert_eq!(again, "row\tinfo@example.jp\tgone");
    let restore = || stage.run(VirtualminControl.restore(), "info@example.jp", SECRET, &[]);
    assert_eq!(restore(), "row\tinfo@example.jp\tchanged");
    assert_eq!(stage.text("home/info/Maildir/new/1"), "one");
    assert_eq!(stage.text("forwards"), "    Forward mail to: a@outside.example\n");
    let told = stage.text("told");
    assert!(
        told.contains("--encpass\n*\n") && told.contains("--extra\ncontact@example.jp\n--extra\ndesk@example.jp\n")
    );
    assert!(restore().ends_with("failed\ta user with that name exists"));
}

#[test]
fn users_of_the_system_that_virtualmin_does_not_know_are_changed_as_such() {
    let stage = stage();
    stage.write("deleted", "");
    let (me, home) = (me(), stage.path("home/info").display().to_string());
    stage.write("given", SECRET);
    assert_eq!(set(&stage, &me), format!("row\t{me}\tchanged"));
    assert!(stage.text("by-system").starts_with(&me) && std::path::Path::new(&home).exists());
}
