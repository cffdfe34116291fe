//! A saved plan: it is what was planned here, it is shown again before anybody agrees, and it is applied once.

use crate::fake_host::FakeHost;
use crate::support::{Ran, World, keygen, public_key};
use serde_json::{Value, json};
use std::process::Command;

const PURGE: &str = "fleet: 1\nname: purge\nsummary: Deletes mail\nmode: destructive\nsteps:\n  - id: purge\n    \
                     name: Delete\n    mail.queue.delete: { logins: [info@example.jp] }\n    undo: mail.queue.restore\n";
const ROTATE: &str = "fleet: 1\nname: rotate\nsummary: Sets a password\nmode: change\nsteps:\n  - id: rotate\n    \
                      name: A new password\n    mail.account.set_password: { account: info@example.jp }\n";

/// A host, and who plans for it.
struct Desk {
    fake_host: FakeHost,
    world: World,
}

impl Desk {
    /// With a plan of this playbook in `p.plan`.
    fn with(playbook: &str) -> Option<Self> {
        let fake_host = FakeHost::start()?;
        let port = fake_host.sshd.port;
        let world = World::with_inventory(&format!("fleet: 1\nhosts:\n  mx1: {}\n", fake_host.host_at(port)));
        world.write("known", &fake_host.known_at(port));
        world.write("play.yaml", playbook);
        let desk = Self { fake_host, world };
        desk.fleet(&["plan", "./play.yaml", "--hosts", "mx1", "-o", "p.plan"]).expect(0);
        Some(desk)
    }

    fn fleet(&self, args: &[&str]) -> Ran {
        let state: &[&str] = if args.contains(&"--state") { &[] } else { &["--state", "state"] };
        self.world.fleet(&[args, &["--known-hosts", "known"], state].concat())
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.world.path("p.plan")).unwrap()
    }

    fn connections(&self) -> usize {
        let log = std::fs::read_to_string(self.fake_host.sshd.path("log")).unwrap();
        log.matches("Accepted publickey").count()
    }

    /// That applying is refused with that word, before the host is so much as contacted.
    #[track_caller]
    fn refused(&self, args: &[&str], code: i32, word: &str) -> String {
        let before = (self.connections(), self.fake_host.acts());
        let ran = self.fleet(&[&["apply", "p.plan"], args].concat());
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(ran.code == code && said.contains(word), "{word}: exit {}: {said}", ran.code);
        assert_eq!((self.connections(), self.fake_host.acts()), before, "{word}");
        said
    }
}

#[test]
fn a_plan_that_was_edited_or_comes_from_elsewhere_is_refused_before_the_host_is_contacted() {
    let Some(desk) = Desk::with(PURGE) else { return };
    let text = desk.text();
    let edited = |edit: &dyn Fn(&mut Value)| {
        let mut plan: Value = serde_json::from_str(&text).unwrap();
        edit(&mut plan);
        desk.world.write("p.plan", &plan.to_string());
    };
    // A script of root's, under the title of what somebody agreed to.
    edited(&|plan| {
        let args = json!({ "sh": "echo pwned >>/root/acts", "args": [], "reads": false });
        let title = plan["hosts"][0]["changes"][0]["title"].clone();
        assert!(title.as_str().unwrap().contains("delete 4 messages"), "{title}");
        let step = json!({ "host": "mx1", "name": title, "verb": "script", "args": args });
        plan["playbook"]["literal"] = json!({ "name": "purge", "summary": "", "steps": [step] });
        plan["hosts"][0]["changes"][0] = json!({ "step": 0, "item": 0, "verb": "script", "title": title, "args": args,
            "rows": [{ "kind": "thing", "name": "script", "was": {} }], "undo": null, "irreversible": false });
    });
    desk.refused(&["--yes"], 2, "p.plan: this plan was edited");
    edited(&|plan| plan["hosts"][0]["changes"][0]["rows"][0]["sender"] = "sales@example.jp".into());
    desk.refused(&["--yes"], 2, "p.plan: this plan was edited");
    edited(&|plan| plan["expires"] = "2999-01-01T00:00:00Z".into());
    desk.refused(&["--yes"], 2, "p.plan: this plan was edited");
    edited(&|plan| plan["id"] = "00000000000000000000000000000001".into());
    desk.refused(&["--yes"], 2, "p.plan: this plan was edited");

    desk.world.write("p.plan", &text);
    desk.refused(&["--yes", "--state", "another"], 2, "planned with another state folder");
    desk.world.write("play.yaml", &PURGE.replace("Deletes mail", "Deletes it"));
    desk.refused(&["--yes"], 4, "the playbook ./play.yaml has changed");
    // Nothing of all that used it up.
    desk.world.write("play.yaml", PURGE);
    desk.fleet(&["apply", "p.plan", "--yes"]).expect(0);
    assert_eq!(desk.fake_host.queue("deferred"), ["ABCDEF0002", "ABCDEF0004"]);
}

#[test]
fn a_plan_is_shown_again_and_applied_once() {
    let Some(desk) = Desk::with(ROTATE) else { return };
    let shown = desk.fleet(&["apply", "p.plan"]).expect(4);
    for told in ["would be changed", "set a new password for info@example.jp", "cannot be undone", "no terminal"] {
        assert!(shown.stderr.contains(told), "{told}: {}", shown.stderr);
    }
    let in_japanese = desk.fleet(&["apply", "p.plan", "--lang", "ja"]).expect(4);
    assert!(in_japanese.stderr.contains("変更予定"), "{}", in_japanese.stderr);
    assert!(desk.fake_host.set().is_empty());
    let applied = desk.fleet(&["apply", "p.plan", "--yes", "--output", "json"]).expect(0);
    let run = applied.json()["run"].as_str().unwrap().to_owned();
    let said = desk.refused(&["--yes"], 4, &format!("applied before, by run {run}"));
    assert!(said.contains(&format!("fleet resume {run}")) && said.contains("plan again"), "{said}");
    // A copy of it is the same plan.
    std::fs::copy(desk.world.path("p.plan"), desk.world.path("copy.plan")).unwrap();
    desk.fleet(&["apply", "copy.plan", "--yes"]).expect(4);
    assert_eq!(desk.fake_host.set(), [desk.fake_host.password()]);
}

#[test]
fn where_a_signature_is_required_only_what_somebody_of_the_list_signed_is_applied() {
    let Some(desk) = Desk::with(ROTATE) else { return };
    for name in ["anna", "mallory"] {
        keygen(&desk.world.path(name), "ed25519");
    }
    let key = public_key(&desk.world.path("anna"));
    desk.world.write("allowed", &format!("anna@example.jp namespaces=\"fleet-plan\" {key}\n"));
    let required = ["--yes", "--require-signature", "allowed"];
    let rename = |from: &str, to: &str| std::fs::rename(desk.world.path(from), desk.world.path(to)).unwrap();
    let sign = |key: &str| {
        let _ = std::fs::remove_file(desk.world.path("p.plan.sig"));
        desk.world.fleet(&["plan", "sign", "p.plan", "--key", key])
    };
    desk.refused(&required, 4, "a signature is required, and there is none");
    sign("mallory").expect(0);
    desk.refused(&required, 4, "whoever signed is not among allowed");
    let signed = sign("anna").expect(0);
    assert!(signed.stderr.contains("set a new password for info@example.jp"), "{}", signed.stderr);
    let twice = desk.world.fleet(&["plan", "sign", "p.plan", "--key", "anna"]).expect(2);
    assert!(twice.stderr.contains("remove it to sign anew"), "{}", twice.stderr);

    // A signature of another text, and one for another purpose.
    let text = desk.text();
    desk.world.write("p.plan", &format!("{text}\n"));
    desk.refused(&required, 4, "the signature is not of this plan");
    desk.world.write("p.plan", &text);
    rename("p.plan.sig", "kept.sig");
    let mut other = Command::new("ssh-keygen");
    other.args(["-q", "-Y", "sign", "-n", "file", "-f"]).arg(desk.world.path("anna"));
    let other = other.stdin(std::fs::File::open(desk.world.path("p.plan")).unwrap()).output().unwrap();
    desk.world.write("p.plan.sig", &String::from_utf8(other.stdout).unwrap());
    desk.refused(&required, 4, "the signature is not of this plan");
    rename("kept.sig", "p.plan.sig");

    desk.refused(&["--yes", "--require-signature", "nowhere"], 2, "the list of signers cannot be read");
    let mut without = desk.world.command(&["apply", "p.plan", "--state", "state", "--require-signature", "allowed"]);
    let without: Ran = without.env("PATH", "/nonexistent").output().unwrap().into();
    assert!(without.code == 2 && without.stderr.contains("ssh-keygen is not installed here"), "{}", without.stderr);

    // A company insists on it: nothing goes by another way.
    desk.world.write("fleet.toml", "require_signature = \"allowed\"\n");
    let ran = desk.fleet(&["run", "./play.yaml", "--hosts", "mx1", "--yes"]).expect(4);
    assert!(ran.stderr.contains("every plan needs a signature"), "{}", ran.stderr);
    rename("p.plan.sig", "kept.sig");
    desk.refused(&["--yes"], 4, "a signature is required");
    rename("kept.sig", "p.plan.sig");
    let applied = desk.fleet(&["apply", "p.plan", "--yes"]).expect(0);
    assert!(applied.stderr.contains("signed by anna@example.jp"), "{}", applied.stderr);
    assert_eq!(desk.fake_host.set(), [desk.fake_host.password()]);
}
