//! A host of stand-ins for the tests of scripts that change accounts: every tool that is started writes down its words
//! and its environment, so that a test can look there for what must not be in either.

use crate::host::answer::testing::{run, tool};
use crate::model::Secret;
use crate::shell::Part;
use std::path::{Path, PathBuf};

/// Blanks, quotes and what a shell would expand: it must come through as it is.
pub const SECRET: &str = r#"N3w $(id) 'S3cret" \ &x"#;

/// Tools of the system that the scripts start; they do their work and write down how they were started.
const REAL: &[&str] = &[
    "awk", "sed", "tr", "grep", "head", "tail", "cut", "cat", "cp", "mv", "rm", "sort", "wc", "cksum", "tar", "du",
    "df", "find", "readlink", "id", "sleep",
];

/// What is written down first by every stand-in. A panel's own command may have the secret in its environment.
const TOLD: &str = r#"printf '%s\n' "$0" "$@" >>"$HOST/told""#;

pub struct Stage {
    dir: tempfile::TempDir,
}

impl Stage {
    pub fn build() -> Self {
        let stage = Self { dir: tempfile::tempdir().unwrap() };
        for folder in ["tools", "etc", "kept"] {
            std::fs::create_dir(stage.path(folder)).unwrap();
        }
        let real = |name: &&str| {
            let found = ["/usr/bin", "/bin"].map(|dir| format!("{dir}/{name}"));
            found.into_iter().find(|path| Path::new(path).exists()).unwrap()
        };
        // Nothing here waits for a server.
        for name in REAL {
            let work = format!("exec {} \"$@\"", real(name));
            stage.tool(name, if *name == "sleep" { "exit 0" } else { &work });
        }
        stage
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        std::fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A stand-in; `$HOST` is the folder of the stage.
    pub fn tool(&self, name: &str, script: &str) {
        self.tool_with(name, &format!("env >>\"$HOST/told\"\n{script}"));
    }

    /// One that may have the secret in its environment.
    pub fn panel_tool(&self, name: &str, script: &str) {
        self.tool_with(name, script);
    }

    fn tool_with(&self, name: &str, script: &str) {
        let own = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
        tool(&self.path("tools"), name, &format!("HOST='{}'\n{own}\n{TOLD}\n{script}", self.dir.path().display()));
    }

    /// What the part says about the account, without its last line; with `secret` when there is one. Fails where that
    /// shows anywhere.
    pub fn run(&self, part: Option<Part>, account: &str, secret: &str, values: &[(&'static str, &str)]) -> String {
        let mut part = part.unwrap();
        let root = self.dir.path().display();
        let moved =
            part.script.replace("/etc/", &format!("{root}/etc/")).replace("/usr/local/psa", &format!("{root}/psa"));
        part.script = moved.replace("/opt/psa", "/nonexistent").replace("/var/qmail", &format!("{root}/qmail")).into();
        part = part.value("account", account).value("dir", self.path("kept").display().to_string());
        part.values.extend(values.iter().map(|(name, value)| (*name, (*value).to_owned())));
        part.secret = (!secret.is_empty()).then(|| Secret::new(secret.into()));
        let output = run(&part, &self.path("tools"));
        let said = output.stdout.for_human(99_999).to_string();
        let all = [said.as_str(), &output.stderr.for_human(9_999), &self.text("told"), &self.kept()].concat();
        for told in [SECRET, "S3cret"] {
            assert!(!all.contains(told), "{all}");
        }
        assert_eq!(output.stderr.for_human(9_999), "", "{said}");
        said.strip_suffix("end\n").unwrap_or_else(|| panic!("no end: {said}")).trim_end().to_owned()
    }

    /// All that stands in the folder of what was before.
    fn kept(&self) -> String {
        let files = std::fs::read_dir(self.path("kept")).into_iter().flatten();
        files.map(|file| String::from_utf8_lossy(&std::fs::read(file.unwrap().path()).unwrap()).into_owned()).collect()
    }
}

/// A stage that could not see a leak would prove nothing.
#[test]
#[should_panic(expected = "S3cret")]
fn a_secret_on_an_argument_list_is_seen() {
    let part = super::part("leak", &["needs_secret\nsaid=$(awk -v s=\"$fleet_secret\" 'BEGIN { }')\nrow changed"]);
    Stage::build().run(Some(part), "info", SECRET, &[]);
}

#[test]
#[should_panic(expected = "S3cret")]
fn a_secret_in_an_environment_is_seen() {
    let part = super::part("leak", &["export fleet_secret\nsaid=$(awk 'BEGIN { }')\nrow changed"]);
    Stage::build().run(Some(part), "info", SECRET, &[]);
}
