//! Files, folders and executables to texts: inventories and playbooks.

use super::error::CliError;
use super::exit;
use super::output::remark;
use super::settings::Settings;
use crate::host::os_support::Table;
use crate::inventory::Inventory;
use crate::local::{program, read, trust};
use crate::mail::geo::Geo;
use crate::model::problem::Place;
use crate::model::source::Source;
use crate::model::{Problem, Problems, duration};
use crate::playbook::{self, Playbook};
use crate::secret::Vault;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The playbooks that fleet brings along.
pub const EMBEDDED: &[(&str, &str)] = &[
    ("audit", include_str!("../../playbooks/audit.yaml")),
    ("rescue-mail", include_str!("../../playbooks/rescue-mail.yaml")),
    ("rotate-all", include_str!("../../playbooks/rotate-all.yaml")),
    ("purge-queue", include_str!("../../playbooks/purge-queue.yaml")),
    ("remove-account", include_str!("../../playbooks/remove-account.yaml")),
];

/// Bytes of one inventory, whether it lies in a file or is printed by a program; a hundred thousand hosts have 20 MB.
pub const MAX_INVENTORY: u64 = 64 << 20;
/// Bytes of all inventories of a run.
const MAX_INVENTORIES: usize = 256 << 20;
/// How long a program that prints an inventory may take, unless the settings say otherwise.
const PROGRAM_WITHIN: Duration = Duration::from_secs(30);
/// Bytes of a playbook, or of a file that it includes.
const MAX_PLAYBOOK: u64 = 4 << 20;
/// Bytes of a table of maintenance dates.
const MAX_TABLE: u64 = 4 << 20;
/// Bytes of a parameter's file, such as a complaint with all that is attached to it.
const MAX_PARAM: u64 = 64 << 20;

/// Reads every inventory that the settings name.
pub fn inventory(settings: &Settings) -> Result<Inventory, CliError> {
    if settings.inventory.is_empty() {
        return Err(CliError::invalid(
            "no inventory\n  give one with -i PATH, set FLEET_INVENTORY, or make inventory.yaml here (`fleet init` writes one)",
        ));
    }
    let mut sources = Vec::new();
    let within = program_within(settings)?;
    for path in &settings.inventory {
        gather(path, within, &mut sources)?;
    }
    Ok(Inventory::from_sources(&sources)?)
}

/// The built-in maintenance dates, with the rows of the file that the settings name.
pub fn os_support(settings: &Settings) -> Result<Table, CliError> {
    let Some(setting) = settings.get("os_support") else { return Ok(Table::builtin()) };
    let named = || format!("{} names it as the file of maintenance dates", setting.origin);
    let text = read::order(Path::new(&setting.value), MAX_TABLE).map_err(|problem| or_help(problem, named()))?;
    Ok(Table::builtin().with(&setting.value, &text)?)
}

/// Bytes of a database: a file named by mistake shall not fill the memory.
const MAX_GEOIP: u64 = 2 << 30;

/// The databases of countries and networks that the settings name, each walked whole.
pub fn geo(settings: &Settings) -> Result<Geo, CliError> {
    let mut geo = Geo::default();
    for path in &settings.geoip {
        let named = || {
            let origin = settings.get("geoip").map_or("the settings", |s| s.origin.as_str());
            format!("{origin} names it as a database of countries or networks (`fleet help geoip`)")
        };
        trust::check(path).map_err(|untrusted| untrusted.problem(path))?;
        let bytes = read::bytes(path, MAX_GEOIP);
        let bytes = bytes.map_err(|unread| read::problem(path, &unread).with_help(named()))?;
        geo = geo.with(&path.display().to_string(), bytes)?;
    }
    Ok(geo)
}

/// What to do about it, where the problem itself does not say.
fn or_help(problem: Problem, help: String) -> Problem {
    if problem.help.is_some() { problem } else { problem.with_help(help) }
}

fn program_within(settings: &Settings) -> Result<Duration, CliError> {
    let Some(setting) = settings.get("inventory_timeout") else { return Ok(PROGRAM_WITHIN) };
    let wrong = || CliError::invalid(format!("{}: `inventory_timeout` must be a duration such as 30s", setting.origin));
    duration::parse(&setting.value).filter(|within| !within.is_zero()).ok_or_else(wrong)
}

fn problem(path: &Path, message: impl Into<String>) -> CliError {
    Problem::new(path.display().to_string(), Place::default(), message).into()
}

fn gather(path: &Path, within: Duration, sources: &mut Vec<Source>) -> Result<(), CliError> {
    trust::check(path).map_err(|untrusted| untrusted.problem(path))?;
    let meta = std::fs::metadata(path).map_err(|e| problem(path, format!("cannot be read: {e}")))?;
    if meta.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|e| problem(path, format!("cannot be read: {e}")))?;
        let mut paths: Vec<PathBuf> =
            entries.filter_map(|e| Some(e.ok()?.path())).filter(|p| is_inventory(p)).collect();
        paths.sort();
        if paths.is_empty() {
            return Err(problem(path, "the folder holds no inventory: no .yaml, .yml or .json file and no executable"));
        }
        return paths.iter().try_for_each(|p| gather(p, within, sources));
    }
    let text = match meta.is_file() && meta.permissions().mode() & 0o111 != 0 && !is_document(path) {
        true => execute(path, within)?,
        false => read::text(path, MAX_INVENTORY).map_err(|unread| read::problem(path, &unread))?,
    };
    sources.push(Source { name: path.display().to_string(), text });
    match sources.iter().map(|source| source.text.len()).sum::<usize>() > MAX_INVENTORIES {
        true => Err(problem(path, "with it, the inventories hold more than 256 MiB, the most that is read of all")),
        false => Ok(()),
    }
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
fn execute(path: &Path, within: Duration) -> Result<String, CliError> {
    let found = std::fs::canonicalize(path).map_err(|e| problem(path, format!("cannot be found: {e}")))?;
    let printed = program::run(&found, &["--list"], MAX_INVENTORY, within).map_err(|why| problem(path, why))?;
    let said = || printed.stderr.lines().map(|line| format!("{}: it says: {line}", path.display()));
    if !printed.status.success() {
        let problem = Problem::new(
            path.display().to_string(),
            Place::default(),
            format!("the inventory program ended with {}", printed.status),
        );
        let said: Vec<String> = said().collect();
        return Err(if said.is_empty() { problem } else { problem.with_help(said.join("\n  ")) }.into());
    }
    said().for_each(|line| remark(&line));
    String::from_utf8(printed.stdout).map_err(|_| problem(path, "the inventory program's output is not UTF-8"))
}

/// The playbook of that name, or in that file. A file of a built-in's name in a configured folder wins, and that is said.
pub fn playbook(settings: &Settings, name: &str) -> Result<Playbook, CliError> {
    let (source, text, folder) = find_playbook(settings, name)?;
    let include = |relative: &str| -> Result<Source, String> {
        let path = folder.as_ref().map(|f| f.join(relative));
        let found = match &path {
            Some(path) => read::order_if_there(path, MAX_PLAYBOOK).map_err(|problem| problem.in_one_line())?,
            None => None,
        };
        let found = path.iter().zip(found).next().map(|(path, text)| (path.display().to_string(), text));
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
        return Ok((name.to_owned(), read::order(&path, MAX_PLAYBOOK)?, path.parent().map(Path::to_owned)));
    }
    for folder in search_path(settings) {
        let path = folder.join(format!("{name}.yaml"));
        let Some(text) = read::order_if_there(&path, MAX_PLAYBOOK)? else { continue };
        let shown = path.display();
        match embedded {
            // Whoever prepares a folder for others to work in does not choose what a built-in name does.
            Some(_) if folder == Path::new(HERE) => remark(&format!(
                "note: {shown} is not used: the current folder does not replace the built-in playbook {name}\n  \
                 run it as ./{shown}, or name its folder with --playbooks"
            )),
            Some(_) => {
                remark(&format!("using {shown} instead of the built-in playbook {name}"));
                return Ok((shown.to_string(), text, Some(folder)));
            }
            None => return Ok((shown.to_string(), text, Some(folder))),
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

/// Where playbooks of names that are not built in are looked for without being told to.
const HERE: &str = "playbooks";

fn search_path(settings: &Settings) -> Vec<PathBuf> {
    let usual = [PathBuf::from(HERE), settings.config_dir.join("playbooks"), PathBuf::from("/etc/fleet/playbooks")];
    // `./playbooks` is another path: it was named.
    let named = settings.playbooks.iter().map(|folder| Path::new(".").join(folder));
    named.chain(usual).collect()
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
            Some(path) => match read::text(Path::new(path), MAX_PARAM) {
                Ok(content) => playbook::Given::File { name: path.to_owned(), text: content },
                Err(unread) => {
                    wrong(text, format!("the file {path} {unread}"));
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
    let code = |e: &std::io::Error| if e.kind() == ErrorKind::InvalidData { exit::INVALID } else { exit::BUG };
    vault.map(Arc::new).map_err(|e| CliError { code: code(&e), text: e.to_string() })
}
