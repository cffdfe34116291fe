//! A host of stand-ins for tests of changes: a real sshd in namespaces of its own, before tools of Postfix, Plesk and
//! Dovecot that work on a few files and write down everything that is done to them. Every act can be counted there.

use crate::support::{Sshd, is_root, public_key};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The account that a rescue is about.
pub const ACCOUNT: &str = "info@example.jp";

/// Postfix: a message is a file of the spool that holds login, sender and time.
const POSTCONF: &str = r#"case "$2" in
queue_directory) echo "$HOST/spool" ;;
mail_version) echo 3.7.11 ;;
smtpd_sasl_type) echo dovecot ;;
esac"#;
const POSTQUEUE: &str = r#"cd "$HOST/spool" || exit 1
for file in incoming/* active/* deferred/* hold/*; do
  { read -r login sender at <"$file"; } 2>/dev/null || continue
  printf '{"queue_name":"%s","queue_id":"%s","arrival_time":%s,"message_size":%s,"sender":"%s","recipients":[{"address":"a@outside.example"}]}\n' \
    "${file%%/*}" "${file##*/}" "$at" 100 "$sender"
done"#;
const POSTCAT: &str = r#"cd "$HOST/spool" || exit 1
[ "$1" = -e ] && shift
for file do
  [ "$file" != /dev/null ] && read -r login sender at <"$file" || continue
  printf '*** ENVELOPE RECORDS %s ***\nnamed_attribute: sasl_username=%s\nnamed_attribute: log_client_address=203.0.113.9\n' "$file" "$login"
done"#;
const POSTSUPER: &str = r#"cd "$HOST/spool" || exit 1
while read -r id; do
  echo "$1 $id" >>"$HOST/acts"
  case "$1" in
  -h) mv deferred/"$id" hold/"$id" ;;
  -H) mv hold/"$id" deferred/"$id" ;;
  -d) rm hold/"$id" ;;
  esac
done"#;

/// Plesk as far as passwords go. The new one comes by the environment.
const PLESK: &str = r#"refuse() { echo "$1" >&2; exit 1; }
case "$*" in
'bin mail --info'*)
  [ "$4" = info@example.jp ] || refuse 'Unable to find mailname'
  printf 'Mailname: info\nDomain: example.jp\nMailbox: true\nAutoresponders: Disabled\n\nSUCCESS: done\n' ;;
'bin mail --list'*) echo '[{"type":"mailname","name":"info@example.jp"}]' ;;
'bin mail --update'*)
  [ ! -s "$HOST/slow" ] || /bin/sleep "$(cat "$HOST/slow")"
  echo "set ${PSA_PASSWORD-}" >>"$HOST/acts"
  printf '%s' "${PSA_PASSWORD-}" >"$HOST/password.$$" && mv "$HOST/password.$$" "$HOST/password"
  printf '\nSUCCESS: done\n' ;;
'bin mailserver --info') echo 'Outgoing antispam: true' ;;
'sbin mail_auth_view') ;;
*redir*) refuse 'ERROR 1054' ;;
*m.redirect*) printf 'info@example.jp\ttrue\tfalse\n' ;;
*m.postbox*) printf 'info@example.jp\ttrue\n' ;;
*m.userId*) printf 'info@example.jp\t0\n' ;;
esac"#;

/// Dovecot over the same password. `session` is there while somebody is logged in.
const DOVEADM: &str = r#"case "$*" in
'auth cache flush '*) ;;
'auth test '*)
  IFS= read -r given
  [ "$given" = "$(cat "$HOST/password")" ] || { echo "passdb: $3 auth failed"; exit 77; }
  echo "passdb: $3 auth succeeded" ;;
auth*) echo 'usage: doveadm auth test' ;;
'-f tab who -1')
  printf 'username\tservice\tpid\tip\n'
  [ ! -e "$HOST/session" ] || printf 'info@example.jp\timap\t99\t203.0.113.9\n' ;;
'kick '*) echo kick >>"$HOST/acts"; rm -f "$HOST/session" ;;
user*) echo info@example.jp ;;
esac"#;

/// One such host.
pub struct FakeHost {
    pub sshd: Sshd,
    dir: PathBuf,
}

impl FakeHost {
    /// Nothing, and a word about it, where it cannot be.
    pub fn start() -> Option<Self> {
        if !is_root() {
            return None;
        }
        // This cipher leaves the lengths of packets in the clear, so that a test can find their borders.
        let config =
            "Ciphers aes256-gcm@openssh.com\nSetEnv SHLVL=2 PATH=/usr/local/sbin:/usr/bin:/bin:/usr/sbin:/sbin";
        let sshd = Sshd::start_by(config, &["ed25519"], |dir| {
            build(dir);
            let dir = dir.display();
            let inside = format!(
                "mount --bind {dir}/lib /var/lib && mount --bind {dir}/local /usr/local && \
                 mount --bind {dir}/logs /var/log && {{ {dir}/dovecot 1000000 & exec /usr/sbin/sshd \"$@\"; }}"
            );
            let mut command = Command::new("unshare");
            command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]);
            command.args(["sh", "-c", &inside, "sh"]);
            command
        })?;
        let dir = sshd.folder.path().to_owned();
        let fake_host = Self { sshd, dir };
        fake_host.reset();
        Some(fake_host)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// As it was before anybody came: four messages of the account and two of another wait, somebody has a session open,
    /// and no change has left a trace.
    pub fn reset(&self) {
        let _ = std::fs::remove_dir_all(self.path("lib/fleet"));
        for folder in ["incoming", "active", "deferred", "hold"] {
            let _ = std::fs::remove_dir_all(self.path("spool").join(folder));
            std::fs::create_dir_all(self.path("spool").join(folder)).unwrap();
        }
        for (n, login) in
            [ACCOUNT, ACCOUNT, "sales@example.jp", ACCOUNT, "sales@example.jp", ACCOUNT].iter().enumerate()
        {
            let file = format!("spool/deferred/ABCDEF000{n}");
            std::fs::write(self.path(&file), format!("{login} {login} 1795480000\n")).unwrap();
        }
        for (name, text) in [("password", "Old-S3cret"), ("acts", ""), ("session", ""), ("slow", "")] {
            std::fs::write(self.path(name), text).unwrap();
        }
    }

    /// How long setting a password takes.
    pub fn slow(&self, seconds: &str) {
        std::fs::write(self.path("slow"), seconds).unwrap();
    }

    /// Everything that was done, in order: `-h ID`, `-d ID`, `set PASSWORD`, `kick`.
    pub fn acts(&self) -> Vec<String> {
        std::fs::read_to_string(self.path("acts")).unwrap().lines().map(str::to_owned).collect()
    }

    /// The passwords that were set, in order.
    pub fn set(&self) -> Vec<String> {
        self.acts().iter().filter_map(|act| act.strip_prefix("set ")).map(str::to_owned).collect()
    }

    pub fn password(&self) -> String {
        std::fs::read_to_string(self.path("password")).unwrap()
    }

    /// Whether somebody has a session open.
    pub fn session(&self) -> bool {
        self.path("session").exists()
    }

    /// The ids in a folder of the spool.
    pub fn queue(&self, folder: &str) -> Vec<String> {
        let files = std::fs::read_dir(self.path("spool").join(folder)).unwrap();
        let mut ids: Vec<String> = files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect();
        ids.sort();
        ids
    }

    /// For each act that the host keeps a trace of: its op and number.
    pub fn traces(&self) -> BTreeMap<String, usize> {
        let ops = std::fs::read_dir(self.path("lib/fleet")).into_iter().flatten().filter_map(Result::ok);
        let ops = ops.filter(|op| op.path().is_dir());
        let acts = |op: &Path| (0..).take_while(|n| op.join(n.to_string()).join("begun").exists()).count();
        ops.map(|op| (op.file_name().into_string().unwrap(), acts(&op.path()))).collect()
    }

    /// How many acts of all ops came to their end.
    pub fn ended(&self) -> usize {
        let ops =
            self.traces().into_iter().flat_map(|(op, acts)| (0..acts).map(move |n| format!("lib/fleet/{op}/{n}/done")));
        ops.filter(|done| self.path(done).exists()).count()
    }

    /// Somebody sets this password, and tells nobody.
    pub fn set_by_hand(&self, password: &str) {
        std::fs::write(self.path("password"), password).unwrap();
    }

    /// What an inventory says of it behind another port.
    pub fn host_at(&self, port: u16) -> String {
        let id = self.sshd.path("id");
        format!("{{ address: localhost, port: {port}, user: root, identity_files: [\"{id}\"] }}")
    }

    /// Its line in a file of known hosts, behind that port.
    pub fn known_at(&self, port: u16) -> String {
        format!("[localhost]:{port} {}\n", public_key(&self.dir.join("ed25519")))
    }
}

/// The files of a stand.
fn build(dir: &Path) {
    for folder in ["lib", "logs", "local/sbin", "local/bin", "local/psa", "spool"] {
        std::fs::create_dir_all(dir.join(folder)).unwrap();
    }
    std::fs::write(dir.join("local/psa/version"), "18.0.72 Debian 12\n").unwrap();
    std::fs::write(dir.join("logs/mail.log"), "").unwrap();
    // Whether Dovecot runs is told by the name of a process.
    std::fs::copy("/bin/sleep", dir.join("dovecot")).unwrap();
    let tools = [
        ("postconf", POSTCONF),
        ("postqueue", POSTQUEUE),
        ("postcat", POSTCAT),
        ("postsuper", POSTSUPER),
        ("plesk", PLESK),
        ("doveadm", DOVEADM),
        ("doveconf", ""),
        ("dovecot", ""),
        // What the scripts wait for comes at once here.
        ("sleep", "exec /bin/sleep 0.02"),
    ];
    for (name, script) in tools {
        let path = dir.join("local/sbin").join(name);
        std::fs::write(&path, format!("#!/bin/sh\nHOST='{}'\n{script}\n", dir.display())).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
}
