use super::*;
use crate::mail::account::script::testing::{SECRET, Stage};

/// Plesk as far as it changes accounts. `password`, `limit`, `aliases`, `forwards` are files; without `account` there is
/// none. Traps: without a new password in the environment it sets an empty one; `half` dies after it was done.
const PLESK: &str = r#"
fault=$(cat "$HOST/fault" 2>/dev/null)
[ "$fault" != notice ] || printf '\nPHP Notice: Undefined index in /x.php on line 4\n'
refuse() { echo "$1" >&2; exit 1; }
[ "$fault" != locked ] || refuse 'ERR [1] DB query failed: Lock wait timeout exceeded'
words="$*"
[ "$1" = db ] || shift 2
command=$1 name=$2
set_password() {
  printf '%s' "${PSA_PASSWORD-}" >"$HOST/password"
}
case "$words" in
'bin mail --info'*)
  [ "$name" = info@example.jp ] && [ -e "$HOST/account" ] || refuse "Mailname '$name' is unknown here"
  printf 'Mailname: info\nPassword: Old-S3cret\nMailbox: true\nAutoresponders: Enabled\n'
  [ ! -s "$HOST/limit" ] || echo "Outgoing messages limit: $(cat "$HOST/limit")"
  ;;
'bin mail --list') [ ! -e "$HOST/account" ] || echo 'mailname   info@example.jp' ;;
'bin mail --update'* | 'bin mail --create'*)
  [ "$command" = --update ] || { : >"$HOST/account"; mkdir -p "$HOST/qmail/mailnames/example.jp/info/Maildir/new"; }
  shift 2
  while [ $# -gt 0 ]; do
    case "$1" in
    -passwd)
      case "${PSA_PASSWORD-}" in weak) refuse "Your password '$PSA_PASSWORD' is not complex enough.
The minimal password strength is Strong." ;; esac
      set_password ;;
    -outgoing-messages-mbox-limit)
      [ "$fault" != old ] || refuse "Unrecognized option '$1'"
      [ "$2" = default ] && : >"$HOST/limit" || echo "$2" >"$HOST/limit" ;;
    -aliases) echo "${2#add:}" | tr ',' '\n' >"$HOST/aliases" ;;
    -forwarding-addresses) echo "${2#add:}" | tr ',' '\n' >"$HOST/forwards" ;;
    esac
    shift 2
  done
  [ "$fault" != half ] || kill -KILL $$
  [ "$fault" != ja ] && printf '\nSUCCESS: done\n' || printf '\n成功\n' ;;
'bin mail --remove'*)
  [ "$fault" != stays ] || refuse 'The subscription is suspended'
  rm -rf "$HOST/account" "$HOST/qmail/mailnames/example.jp/info"
  echo "SUCCESS: Removal of 'info@example.jp' complete" ;;
'bin mailserver --info') cat "$HOST/mailserver" 2>/dev/null || refuse 'Unknown command' ;;
*m.postbox*) printf 'sales@example.jp\tfalse\ninfo@example.jp\ttrue\n' ;;
*a.alias*)
  [ "$fault" != schema ] || refuse 'ERROR 1054'
  printf 'info@example.jp\tcontact\nsales@example.jp\tshop\ninfo@example.jp\tdesk\n' ;;
*redir_addr*) refuse 'ERROR 1054' ;;
*r.address*) printf 'info@example.jp\ta@outside.example\n' ;;
*m.userId*) printf 'info@example.jp\t7\n' ;;
*) refuse "unknown: $words" ;;
esac"#;

/// Dovecot over the same password, which takes any where that is empty; its cache has the old one until the flush.
const DOVEADM: &str = r#"
case "$*" in
auth) echo 'auth test <user>' >&2; exit 64 ;;
'auth cache flush '*) rm -f "$HOST/cached"; exit 0 ;;
'auth test '*)
  IFS= read -r given
  right=$(cat "$HOST/cached" 2>/dev/null || cat "$HOST/password")
  [ -z "$right" ] || [ "$given" = "$right" ] || exit 77
  echo 'passdb: auth succeeded' ;;
esac"#;

fn stage() -> Stage {
    let stage = Stage::build();
    stage.panel_tool("plesk", PLESK);
    stage.tool("doveadm", DOVEADM);
    for (name, text) in [("account", ""), ("password", "Old"), ("cached", "Old")] {
        stage.write(name, text);
    }
    for (name, text) in [("new/1", "one"), ("cur/2", "two"), ("cur/3", "three")] {
        stage.write(&format!("qmail/mailnames/example.jp/info/Maildir/{name}"), text);
    }
    stage
}

fn change(stage: &Stage, secret: &str) -> String {
    stage.run(PleskControl.set_password(), "info@example.jp", secret, &[])
}

fn limit(stage: &Stage, limit: &str) -> String {
    stage.run(PleskControl.limit(), "info@example.jp", "", &[("limit", limit)])
}

const PANEL_USER: &str = "note\tit belongs to a user of the panel, whose own password was not changed\n";

#[test]
fn a_new_password_comes_by_the_environment_and_a_login_proves_it() {
    for fault in ["", "notice"] {
        let stage = stage();
        stage.write("fault", fault);
        assert_eq!(change(&stage, SECRET), format!("{PANEL_USER}row\tinfo@example.jp\tchanged"));
        assert_eq!(stage.text("password"), SECRET);
        assert!(stage.text("told").contains("-passwd\n\n"), "the argument is empty");
    }
}

#[test]
fn without_a_password_plesk_is_not_even_asked() {
    let stage = stage();
    assert_eq!(change(&stage, ""), "row\tinfo@example.jp\tfailed\tthere is no new password");
    assert!(!stage.text("told").contains("/plesk\n"));
    assert_eq!(stage.text("password"), "Old");
}

#[test]
fn what_plesk_says_is_believed_only_when_a_login_says_so_too() {
    let said = |fault: &str, secret: &str| {
        let stage = stage();
        stage.write("fault", fault);
        change(&stage, secret).replace(PANEL_USER, "")
    };
    let unsaid = |why: &str| format!("note\tPlesk did not confirm the change: {why}\nrow\tinfo@example.jp\tchanged");
    assert_eq!(said("half", SECRET), unsaid("the tool exited with status 137"));
    assert_eq!(said("ja", SECRET), unsaid("成功"));
    let failed = |why: &str| format!("row\tinfo@example.jp\tfailed\t{why}");
    assert_eq!(said("locked", SECRET), failed("DB query failed: Lock wait timeout exceeded"));
    // The first line repeats the password.
    assert_eq!(said("", "weak"), failed("The minimal password strength is Strong."));
    // A wrapper that drops the environment: an empty password, and SUCCESS.
    let stage = stage();
    stage.panel_tool("plesk", &format!("unset PSA_PASSWORD\n{PLESK}"));
    assert_eq!(change(&stage, SECRET), format!("{PANEL_USER}{}", failed("every password is accepted now")));
}

#[test]
fn a_new_password_of_an_account_that_is_off_is_set_though_no_login_says_so() {
    let stage = stage();
    stage.tool("doveadm", "case \"$*\" in auth) echo test ;; 'auth test '*) exit 77 ;; esac");
    let set = |off: &str| stage.run(PleskControl.set_password(), "info@example.jp", SECRET, &[("off", off)]);
    assert_eq!(set("yes"), format!("{PANEL_USER}row\tinfo@example.jp\tchanged"));
    assert!(set("").ends_with("failed\tthe password was set, but Dovecot rejects it"));
}

#[test]
fn an_account_that_is_not_there_is_gone_in_whatever_words_and_one_that_cannot_be_read_is_not() {
    let stage = stage();
    let of = |stage: &Stage, account: &str| stage.run(PleskControl.set_password(), account, SECRET, &[]);
    assert_eq!(of(&stage, "nobody@example.jp"), "row\tnobody@example.jp\tgone");
    assert!(of(&stage, "../../etc@example.jp").contains("failed\tit would not have a folder of its own"));
    assert!(of(&stage, "-x@example.jp").contains("failed\tit is not the name of an account"));
    assert!(of(&stage, "info").contains("failed\tPlesk accounts are named by their full address"));
    stage.panel_tool("plesk", "echo 'plesk: not found' >&2; exit 127");
    assert_eq!(of(&stage, "info@example.jp"), "row\tinfo@example.jp\tfailed\tthe tool exited with status 127");
}

#[test]
fn a_limit_is_read_again_and_binds_only_where_the_server_counts() {
    let stage = stage();
    let unread = "note\twhether outgoing mail limits are enabled cannot be read\n";
    let shown = |before: &str| format!("note\tthe limit before: {before}\n{unread}row\tinfo@example.jp\tchanged");
    assert_eq!(limit(&stage, "0"), shown("not shown"));
    assert_eq!(limit(&stage, "30"), shown("0"));
    assert_eq!(limit(&stage, "default"), shown("30"));
    assert!(limit(&stage, "0; id").ends_with("failed\tit is not a valid limit"));
    stage.write("mailserver", "Outgoing antispam: true\n");
    assert!(!limit(&stage, "5").contains("cannot be read"));
    stage.write("mailserver", "Outgoing antispam: false\n");
    assert!(limit(&stage, "0").contains("failed\toutgoing mail limits are disabled"));
    assert_eq!(stage.text("limit"), "5\n", "nothing was changed");
    assert!(limit(&stage, "default").ends_with("changed"), "what is usual can always come back");
    stage.write("mailserver", "");
    stage.write("fault", "old");
    assert!(limit(&stage, "0").ends_with("failed\tthis Plesk has no outgoing mail limits (12.0 and later do)"));
}

#[test]
fn a_deleted_account_comes_back_with_its_mail_its_aliases_and_another_password() {
    let stage = stage();
    stage.write("limit", "30");
    let mail = |name: &str| stage.text(&format!("qmail/mailnames/example.jp/info/Maildir/{name}"));
    let said = stage.run(PleskControl.delete(), "info@example.jp", "", &[]);
    assert_eq!(said, "note\tits autoresponder is not backed up\nrow\tinfo@example.jp\tchanged");
    assert!(!stage.path("account").exists() && mail("cur/2").is_empty());
    assert_eq!(stage.text("kept/aliases"), "contact\ndesk\n");
    assert_eq!(stage.text("kept/forwards"), "a@outside.example\n");
    let again = stage.run(PleskControl.delete(), "info@example.jp", "", &[]);
    assert_eq!(again, "row\tinfo@example.jp\tgone");

    let restore = || stage.run(PleskControl.restore(), "info@example.jp", SECRET, &[]);
    let said = restore();
    assert!(said.ends_with("row\tinfo@example.jp\tchanged"), "{said}");
    assert_eq!([mail("new/1"), mail("cur/2"), mail("cur/3")], ["one", "two", "three"]);
    assert_eq!(stage.text("aliases"), "contact\ndesk\n");
    assert_eq!(stage.text("forwards"), "a@outside.example\n");
    assert_eq!((stage.text("password").as_str(), stage.text("limit").as_str()), (SECRET, "30\n"));
    assert!(restore().ends_with("failed\tan account with that name exists"));
    // Broken off after the account was made: gone on with.
    stage.write("kept/restoring", "");
    std::fs::remove_dir_all(stage.path("qmail/mailnames/example.jp/info")).unwrap();
    assert!(restore().ends_with("changed"));
    assert_eq!(mail("cur/2"), "two");
}

#[test]
fn nothing_is_deleted_that_is_not_kept() {
    let refused = |prepare: &dyn Fn(&Stage)| {
        let stage = stage();
        prepare(&stage);
        let said = stage.run(PleskControl.delete(), "info@example.jp", "", &[]);
        assert!(stage.path("account").exists() && stage.path("qmail/mailnames/example.jp/info").exists(), "{said}");
        assert!(!stage.text("told").contains("--remove"), "{said}");
        said.lines().last().unwrap().replacen("row\tinfo@example.jp\tfailed\t", "", 1)
    };
    assert!(refused(&|s| s.tool("df", "printf 'x\\ny 9 9 3 9%% /\\n'")).starts_with("not enough space in "));
    assert!(refused(&|s| s.tool("tar", "exit 2")).starts_with("its mail could not be kept"));
    // Written well, and not what is there: a mailbox that never rests.
    let odd = "case $1 in -df) echo 'Contents differ'; exit 1 ;; esac; exec /bin/tar \"$@\"";
    assert_eq!(refused(&|s| s.tool("tar", odd)), "its mail could not be kept: Contents differ");
    assert_eq!(refused(&|s| s.write("fault", "schema")), "its aliases cannot be read");
    let link = |s: &Stage| {
        let at = s.path("qmail/mailnames/example.jp/info");
        std::fs::rename(&at, s.path("elsewhere")).unwrap();
        std::os::unix::fs::symlink(s.path("elsewhere"), at).unwrap();
    };
    assert!(refused(&link).ends_with(" is a link"));
    assert!(refused(&|s| std::fs::remove_dir(s.path("kept")).unwrap()).ends_with(" does not exist"));
}

#[test]
fn a_removal_that_plesk_refuses_is_told_with_its_reason() {
    let stage = stage();
    stage.write("fault", "stays");
    let said = stage.run(PleskControl.delete(), "info@example.jp", "", &[]);
    assert!(said.ends_with("row\tinfo@example.jp\tfailed\tThe subscription is suspended"), "{said}");
    assert!(stage.path("kept/mail.tar").exists());
}

#[test]
fn an_account_of_plesk_cannot_be_switched_off_without_loss() {
    assert!(PleskControl.disable().is_none() && PleskControl.enable().is_none());
}
