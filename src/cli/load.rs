//! Files, folders and executables to texts: inventories and playbooks.

use super::error::CliError;
use super::exit;
use super::output::remark;
use super::settings::Settings;
use crate::host::os_support::Table;
use crate::inventory::Inventory;
use crate::mail::geo::Geo;
use crate::model::problem::Place;
use crate::model::source::Source;
use crate::model::{Problem, Problems};
use crate::playbook::{self, Playbook};
use crate::secret::{Mark, Vault};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// The playbooks that fleet brings along.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("audit", include_str!("../../playbooks/audit.yaml")),
    ("rescue-mail", include_str!("../../playbooks/rescue-mail.yaml")),
    ("rotate-all", include_str!("../../playbooks/rotate-all.yaml")),
    ("purge-queue", include_str!("../../playbooks/purge-queue.yaml")),
    ("remove-account", include_str!("../../playbooks/remove-account.yaml")),
];

/// Reads every inventory that the settings name.
pub fn inventory(settings: &Settings) -> Result<Inventory, CliError> {
    if settings.inventory.is_empty() {
        return Err(CliError::invalid(
            "no inventory\n  give one with -i PATH, set FLEET_INVENTORY, or make inventory.yaml here (`fleet init` writes one)",
        ));
    }
    let mut sources = Vec::new();
    for path in &settings.inventory {
        gather(path, &mut sources)?;
    }
    Ok(Inventory::from_sources(&sources)?)
}

/// The built-in maintenance dates, with the rows of the file that the settings name.
pub fn os_support(settings: &Settings) -> Result<Table, CliError> {
    let Some(setting) = settings.get("os_support") else { return Ok(Table::builtin()) };
    let text = std::fs::read_to_string(&setting.value).map_err(|e| {
        let problem = Problem::new(setting.value.as_str(), Place::default(), format!("cannot be read: {e}"));
        problem.with_help(format!("{} names it as the file of maintenance dates", setting.origin))
    })?;
    Ok(Table::builtin().with(&setting.value, &text)?)
}

/// Bytes of a database: a file named by mistake shall not fill the memory.
const MAX_GEOIP: u64 = 2 << 30;

/// The databases of countries and networks that the settings name, each walked whole.
pub fn geo(settings: &Settings) -> Result<Geo, CliError> {
    let mut geo = Geo::default();
    for path in &settings.geoip {
        let name = path.display().to_string();
        let bytes = database(path).map_err(|why| {
            let origin = settings.get("geoip").map_or("the settings", |s| s.origin.as_str());
            let help = format!("{origin} names it as a database of countries or networks (`fleet help geoip`)");
            Problem::new(name.as_str(), Place::default(), why).with_help(help)
        })?;
        geo = geo.with(&name, bytes)?;
    }
    Ok(geo)
}

fn database(path: &Path) -> Result<Vec<u8>, String> {
    let cannot = |e: std::io::Error| format!("cannot be read: {e}");
    let about = std::fs::metadata(path).map_err(cannot)?;
    match () {
        () if !about.is_file() => Err("is no file".to_owned()),
        () if about.len() > MAX_GEOIP => Err("holds more than 2 GiB, which no such database does".to_owned()),
        () => std::fs::read(path).map_err(cannot),
    }
}

fn problem(path: &Path, message: impl Into<String>) -> CliError {
    Problem::new(path.display().to_string(), Place::default(), message).into()
}

fn gather(path: &Path, sources: &mut Vec<Source>) -> Result<(), CliError> {
    let meta = std::fs::metadata(path).map_err(|e| problem(path, format!("cannot be read: {e}")))?;
    if meta.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|e| problem(path, format!("cannot be read: {e}")))?;
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| is_inventory(p)).collect();
        paths.sort();
        if paths.is_empty() {
            return Err(problem(path, "the folder holds no inventory: no .yaml, .yml or .json file and no executable"));
        }
        return paths.iter().try_for_each(|p| gather(p, sources));
    }
    let text = match meta.permissions().mode() & 0o111 != 0 && !is_document(path) {
        true => execute(path)?,
        false => std::fs::read_to_string(path).map_err(|e| problem(path, format!("cannot be read: {e}")))?,
    };
    sources.push(Source { name: path.display().to_string(), text });
    Ok(())
}

fn is_document(path: &Path) -> bool {
    path.extension().and_then(|e| e.to_str()).is_some_and(|e| matches!(e, "yaml" | "yml" | "json"))
}

fn is_inventory(path: &Path) -> bool {
    let hidden = path.file_name().and_then(|n| n.to_str()).is_none_or(|n| n.starts_with('.') || n.ends_with('~'));
    let executable = || std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0);
    !hidden && (is_document(path) || executable())
}

/// Runs an inventory program with `--list`, as the field's convention has it.
fn execute(path: &Path) -> Result<String, CliError> {
    let program = std::fs::canonicalize(path).map_err(|e| problem(path, format!("cannot be found: {e}")))?;
    let output = Command::new(program)
        .arg("--list")
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| problem(path, format!("cannot be run: {e}")))?;
    if !output.status.success() {
        return Err(problem(path, format!("the inventory program ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(|_| problem(path, "the inventory program's output is not UTF-8"))
}

/// The playbook of that name, or in that file. A file of a built-in's name on the search path wins, and that is said.
pub fn playbook(settings: &Settings, name: &str) -> Result<Playbook, CliError> {
    let (source, text, folder) = find_playbook(settings, name)?;
    let include = |relative: &str| -> Result<Source, String> {
        let path = folder.as_ref().map(|f| f.join(relative));
        let found = path.as_ref().and_then(|p| Some((p.display().to_string(), std::fs::read_to_string(p).ok()?)));
        let embedded = || {
            let stem = relative.strip_suffix(".yaml").unwrap_or(relative);
            EMBEDDED.iter().find(|(n, _)| *n == stem).map(|(n, t)| (format!("built-in {n}"), (*t).to_owned()))
        };
        match found.or_else(embedded) {
            Some((name, text)) => Ok(Source { name, text }),
            None => Err(format!("there is no file {relative} beside {source}")),
        }
    };
    Ok(playbook::load(&source, &text, &include)?)
}

/// A playbook that fleet brings along, whatever lies on the search path.
pub fn embedded(name: &str) -> Result<Playbook, CliError> {
    let (name, text) =
        EMBEDDED.iter().find(|(n, _)| *n == name).ok_or_else(|| CliError::invalid("no such playbook"))?;
    Ok(playbook::load(&format!("built-in {name}"), text, &|_| Err("it includes nothing".into()))?)
}

type Found = (String, String, Option<PathBuf>);

fn find_playbook(settings: &Settings, name: &str) -> Result<Found, CliError> {
    let embedded = EMBEDDED.iter().find(|(n, _)| *n == name);
    if name.contains('/') || name.ends_with(".yaml") || name.ends_with(".yml") {
        let path = PathBuf::from(name);
        let text = std::fs::read_to_string(&path).map_err(|e| problem(&path, format!("cannot be read: {e}")))?;
        return Ok((name.to_owned(), text, path.parent().map(Path::to_owned)));
    }
    for folder in search_path(settings) {
        let path = folder.join(format!("{name}.yaml"));
        if let Ok(text) = std::fs::read_to_string(&path) {
            if embedded.is_some() {
                remark(&format!("using {} instead of the built-in playbook {name}", path.display()));
            }
            return Ok((path.display().to_string(), text, Some(folder)));
        }
    }
    if let Some((name, text)) = embedded {
        return Ok((format!("built-in {name}"), (*text).to_owned(), None));
    }
    let known = playbook_names(settings);
    let place = Problem::new(format!("playbook {name}"), Place::default(), "there is none of this name");
    let near = place.with_near(name, known.iter().map(String::as_str));
    Err(match near.help {
        Some(_) => near,
        None => near.with_help(format!("there are: {}", known.join(", "))),
    }
    .into())
}

fn search_path(settings: &Settings) -> [PathBuf; 3] {
    [PathBuf::from("playbooks"), settings.config_dir.join("playbooks"), PathBuf::from("/etc/fleet/playbooks")]
}

/// Every playbook that can be run by its name.
pub fn playbook_names(settings: &Settings) -> Vec<String> {
    let mut names: Vec<String> = EMBEDDED.iter().map(|(n, _)| (*n).to_owned()).collect();
    for folder in search_path(settings) {
        let entries = std::fs::read_dir(folder).into_iter().flatten().filter_map(|e| Some(e.ok()?.path()));
        let stems = entries.filter(|p| p.extension().is_some_and(|e| e == "yaml"));
        names.extend(stems.filter_map(|p| Some(p.file_stem()?.to_str()?.to_owned())));
    }
    names.sort();
    names.dedup();
    names
}

/// Reads `-p k=v` and `k=@path`.
pub fn params(given: &[String]) -> Result<std::collections::BTreeMap<String, playbook::Given>, CliError> {
    let mut params = std::collections::BTreeMap::new();
    let mut problems = Problems::default();
    let mut wrong = |text: &str, message: String| {
        let name = text.split('=').next().unwrap_or_default();
        problems.push(
            Problem::new(format!("-p {name}"), Place::default(), message)
                .with_help("write -p NAME=VALUE or NAME=@FILE"),
        );
    };
    for text in given {
        let Some((name, value)) = text.split_once('=') else {
            wrong(text, "`=` is missing".into());
            continue;
        };
        let value = match value.strip_prefix('@') {
            None => playbook::Given::Text(value.to_owned()),
            Some(path) => match std::fs::read_to_string(path) {
                Ok(content) => playbook::Given::File { name: path.to_owned(), text: content },
                Err(e) => {
                    wrong(text, format!("the file {path} cannot be read: {e}"));
                    continue;
                }
            },
        };
        if params.insert(name.to_owned(), value).is_some() {
            wrong(text, "given twice".into());
        }
    }
    Ok(problems.or(params)?)
}

/// Where passwords are sealed: in the state folder, which the store made when it was opened.
pub fn vault(settings: &Settings) -> Result<Arc<Vault>, CliError> {
    let vault = Vault::open(&settings.state.join("seal.key"));
    vault.map(Arc::new).map_err(|e| CliError { code: exit::BUG, text: e.to_string() })
}

/// What tells a plan that was made here from any other.
pub fn plan_mark(settings: &Settings) -> Result<Mark, CliError> {
    Mark::open(&settings.state.join("plan.key")).map_err(|e| CliError { code: exit::BUG, text: e.to_string() })
}
