//! A plan that is kept: what would be done to which host, and everything that this rests on. It is refused when any of
//! that has changed, when it is old, and when it is not word for word what was planned here.

use super::args::{ApplyArgs, SelectionArgs};
use super::error::CliError;
use super::settings::Settings;
use super::start::Order;
use super::{exit, load};
use crate::model::{Change, Host, HostName};
use crate::playbook::{Given, Literal, Playbook};
use crate::report::{self, Look, Page, PlanOfHost};
use crate::secret::Mark;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The form of the file. In form 1 anybody could write one, or change what it says.
const VERSION: u32 = 2;
/// How long a plan may be applied: what was true is less and less so.
const VALID: SignedDuration = SignedDuration::from_mins(30);
/// A plan of fifty thousand messages takes about 10 MB.
const MAX: u64 = 256 << 20;

/// A plan.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanFile {
    /// 2.
    pub fleet_plan: u32,
    /// By chance: a plan is applied once.
    pub id: String,
    pub made: Timestamp,
    pub expires: Timestamp,
    /// The run that planned.
    pub run: String,
    pub tool: Tool,
    pub playbook: Named,
    /// As given; a parameter that is a secret is a reference.
    pub params: BTreeMap<String, Value>,
    pub hosts: Vec<HostPlan>,
    /// Of all that stands above, as it is understood: see [`Mark`].
    pub mark: String,
}

/// The form of a file, whatever else it says.
#[derive(Deserialize)]
struct Form {
    fleet_plan: u32,
}

/// The program, and with it every script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    pub version: String,
    /// SHA-256.
    pub digest: String,
}

/// The playbook: as it was typed, and what it held. Earlier versions kept the steps of an undo as text; such a plan is
/// read to be refused as one of another fleet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    /// SHA-256 over its text and those that it includes.
    pub digest: String,
    /// The steps themselves, where it is no file: an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub literal: Option<Literal>,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    pub text: String,
    /// The file that it was read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// One host's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostPlan {
    pub host: HostName,
    /// SHA-256 over its entry in the inventory, as it is after defaults, groups and the command line.
    pub entry: String,
    /// `SHA256:..` of its host key.
    pub fingerprint: String,
    /// The stage that they belong to; those before it have nothing to change.
    #[serde(default)]
    pub stage: usize,
    pub changes: Vec<Change>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub incomplete: Vec<String>,
}

/// What was planned, for each host that was reached.
pub type Planned = BTreeMap<HostName, HostPlan>;

impl HostPlan {
    /// Nothing is planned yet.
    pub fn of_host(host: HostName, fingerprint: String) -> Self {
        Self { host, entry: String::new(), fingerprint, stage: 0, changes: Vec::new(), incomplete: Vec::new() }
    }
}

impl From<&Given> for Value {
    fn from(given: &Given) -> Self {
        match given {
            Given::Text(text) => Self { text: text.clone(), file: None },
            Given::File { name, text } => Self { text: text.clone(), file: Some(name.clone()) },
        }
    }
}

impl From<&Value> for Given {
    fn from(value: &Value) -> Self {
        match &value.file {
            None => Self::Text(value.text.clone()),
            Some(name) => Self::File { name: name.clone(), text: value.text.clone() },
        }
    }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The digest of a host's entry.
pub fn entry(host: &Host) -> String {
    hex(serde_json::to_vec(host).unwrap_or_default())
}

/// This program.
pub fn tool() -> Result<Tool, CliError> {
    let bytes = std::fs::read("/proc/self/exe")
        .map_err(|e| CliError { code: exit::BUG, text: format!("fleet cannot read its own program: {e}") })?;
    Ok(Tool { version: env!("CARGO_PKG_VERSION").to_owned(), digest: hex(bytes) })
}

/// A playbook by the name that was typed.
pub fn named(name: &str, playbook: &Playbook) -> Named {
    Named { name: name.to_owned(), digest: hex(&playbook.text), literal: None }
}

/// A playbook that is no file, with its name in a plan.
pub fn literal(name: &str, literal: Literal) -> Result<(Named, Playbook), CliError> {
    let playbook = literal.playbook(name)?;
    Ok((Named { literal: Some(literal), ..named(name, &playbook) }, playbook))
}

impl Named {
    /// The playbook that it names.
    pub fn load(&self, settings: &Settings) -> Result<Playbook, CliError> {
        match &self.literal {
            None => load::playbook(settings, &self.name),
            Some(literal) => Ok(literal.playbook(&self.name)?),
        }
    }
}

impl PlanFile {
    pub fn new(
        now: Timestamp,
        run: &str,
        playbook: Named,
        params: &BTreeMap<String, Given>,
        hosts: Vec<HostPlan>,
    ) -> Result<Self, CliError> {
        Ok(Self {
            fleet_plan: VERSION,
            id: format!("{:032x}", rand::random::<u128>()),
            made: now,
            expires: now.saturating_add(VALID).unwrap_or(now),
            run: run.to_owned(),
            tool: tool()?,
            playbook,
            params: params.iter().map(|(k, v)| (k.clone(), v.into())).collect(),
            hosts,
            mark: String::new(),
        })
    }

    /// What the mark is of.
    fn marked_text(&self) -> Vec<u8> {
        serde_json::to_vec(&Self { mark: String::new(), ..self.clone() }).unwrap_or_default()
    }

    /// The plan with its mark.
    pub fn marked(self, mark: &Mark) -> Self {
        Self { mark: mark.of(&self.marked_text()), ..self }
    }

    /// Refuses a plan that does not say what was planned here.
    pub fn genuine(&self, source: &str, mark: &Mark) -> Result<(), CliError> {
        match mark.is(&self.marked_text(), &self.mark) {
            true => Ok(()),
            false => Err(CliError::invalid(format!(
                "{source}: this plan was edited, or planned with another state folder; nothing of it is done\n  plan again"
            ))),
        }
    }

    /// Reads a plan; where it came from names it in errors.
    pub fn parse(source: &str, text: &str) -> Result<Self, CliError> {
        let bad = |e: serde_json::Error| {
            let at = format!("{source}:{}:{}", e.line(), e.column());
            CliError::invalid(format!("{at}: this is no plan\n  `fleet plan PLAYBOOK --hosts .. -o FILE` writes one"))
        };
        let Form { fleet_plan } = serde_json::from_str(text).map_err(bad)?;
        if fleet_plan != VERSION {
            let text = format!("{source}: it is of form {fleet_plan}; this version reads form {VERSION}");
            return Err(CliError::invalid(text));
        }
        serde_json::from_str(text).map_err(bad)
    }

    /// The text of a plan's file.
    pub fn text(path: &Path) -> Result<String, CliError> {
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MAX).read_to_string(&mut text));
        read.map_err(|e| CliError::invalid(format!("{}: cannot be read: {e}", path.display())))?;
        Ok(text)
    }

    /// Writes it for this user alone. A file that is there is kept.
    pub fn write(&self, path: &Path) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()));
        written.map_err(|e| {
            let hint =
                if e.kind() == std::io::ErrorKind::AlreadyExists { "\n  take another name, or remove it" } else { "" };
            CliError::invalid(format!("{}: cannot be written: {e}{hint}", path.display()))
        })
    }

    /// Its hosts, by name.
    pub fn selection(&self) -> SelectionArgs {
        let hosts = self.hosts.iter().map(|h| h.host.to_string()).collect();
        SelectionArgs { hosts, ..SelectionArgs::default() }
    }

    /// Every change of it.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.hosts.iter().flat_map(|h| &h.changes)
    }

    /// What people read of it.
    pub fn page(&self, look: Look) -> Page {
        let hosts = self.hosts.iter();
        let hosts = hosts.map(|h| PlanOfHost { host: &h.host, changes: &h.changes, incomplete: &h.incomplete });
        report::plan_of_hosts(hosts, look)
    }

    /// What it comes to when it is applied.
    pub fn order<'a>(&self, playbook: Playbook, hosts: &'a SelectionArgs, how: &'a ApplyArgs) -> Order<'a> {
        let params = self.params.iter().map(|(k, v)| (k.clone(), v.into())).collect();
        Order::new(playbook, params, hosts, &how.connection, &how.pace)
    }

    /// Why the plan as a whole is not applied.
    pub fn refused(&self, playbook: &Playbook, now: Timestamp) -> Option<String> {
        let mine = tool().ok()?;
        if now > self.expires {
            return Some(format!(
                "the plan has expired: it was made at {} and valid until {}",
                self.made, self.expires
            ));
        }
        if self.tool != mine {
            return Some(format!("the plan was made by another fleet ({}), with other scripts", self.tool.version));
        }
        (self.playbook.digest != hex(&playbook.text))
            .then(|| format!("the playbook {} has changed", self.playbook.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(named: Named) -> PlanFile {
        PlanFile::new(Timestamp::now(), "2026-12-01.1", named, &BTreeMap::new(), Vec::new()).unwrap()
    }

    #[test]
    fn a_plan_is_refused_when_it_is_old_or_rests_on_another_playbook_or_program() {
        let playbook = |text: &str| crate::playbook::load("p.yaml", text, &|_| Err(String::new())).unwrap();
        let text = "fleet: 1\nname: p\nmode: change\nsteps:\n  - command: { argv: [mkdir, /x], reads: false }\n";
        let mine = playbook(text);
        let plan = plan(named("p.yaml", &mine));
        let why = |plan: &PlanFile, playbook: &Playbook, now| plan.refused(playbook, now).unwrap_or_default();
        assert_eq!(why(&plan, &mine, plan.expires), "");
        assert!(why(&plan, &mine, plan.expires + SignedDuration::from_secs(1)).contains("expired"));
        assert!(why(&plan, &playbook(&text.replace("/x", "/y")), plan.made).contains("p.yaml has changed"));
        let tool = Tool { version: "0".into(), ..plan.tool.clone() };
        assert!(why(&PlanFile { tool, ..plan.clone() }, &mine, plan.made).contains("another fleet (0)"));
    }

    #[test]
    fn whatever_is_edited_in_a_plan_its_mark_is_not_of_that() {
        let folder = tempfile::tempdir().unwrap();
        let mark = Mark::open(&folder.path().join("plan.key")).unwrap();
        let named = Named { name: "p".into(), digest: String::new(), literal: None };
        let text = serde_json::to_string_pretty(&plan(named).marked(&mark)).unwrap();
        let is_genuine = |text: &str| PlanFile::parse("p.plan", text).unwrap().genuine("p.plan", &mark).is_ok();
        assert!(is_genuine(&text) && is_genuine(&text.replace('\n', " ")));
        for (from, to) in [
            ("\"name\": \"p\"", "\"name\": \"q\""),
            ("\"hosts\": []", "\"hosts\": [{\"host\":\"mx1\",\"entry\":\"\",\"fingerprint\":\"\",\"changes\":[]}]"),
            ("\"params\": {}", "\"params\": {\"a\":{\"text\":\"b\"}}"),
            ("\"digest\": \"\"", "\"digest\": \"\", \"literal\": {\"name\":\"x\",\"summary\":\"\",\"steps\":[]}"),
            ("\"run\": \"2026-12-01.1\"", "\"run\": \"2026-12-01.2\""),
        ] {
            let edited = text.replace(from, to);
            assert!(edited != text && !is_genuine(&edited), "{from}");
        }
        let old = text.replace("\"fleet_plan\": 2", "\"fleet_plan\": 1");
        assert!(PlanFile::parse("p.plan", &old).unwrap_err().text.contains("it is of form 1"));
    }
}
