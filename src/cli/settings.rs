//! What is meant by the global options: flag over environment over configuration file over default, with the
//! origin of each value kept for `fleet doctor`.

use super::args::{ColorArg, Global, ProgressArg, format_words, one_of, words};
use super::error::CliError;
use crate::model::problem::Place;
use crate::model::schema::unknown_key;
use crate::model::{Problem, Problems};
use crate::report::{Format, Lang, Look, Options, Progress};
use clap::ValueEnum;
use etcetera::{BaseStrategy, base_strategy::Xdg};
use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use toml::de::{DeTable, DeValue};

/// The settings that may stand in the environment (`FLEET_NAME`) and in a configuration file, with their
/// documentation. One table for the reader, `fleet doctor` and `docs/configuration.md`. Where only certain words are
/// good, [`doc`] adds them.
pub const NAMES: &[(&str, &str)] = &[
    ("inventory", "inventory to use when no -i is given; several are separated by `:` in the environment"),
    ("state", "folder for runs and known host keys"),
    ("output", "format of the data on stdout: "),
    ("lang", "language of what people read: "),
    ("color", ""),
    ("progress", ""),
    ("parallel", "hosts that work at once"),
    ("connect_timeout", "deadline for connecting, such as 10s"),
    ("known_hosts", "known_hosts files to read instead of the user's and the system's, separated by `:`"),
    (
        "require_signature",
        "list of those whose signature a plan needs, as ssh-keygen reads it; nothing is changed without (`fleet help changing`)",
    ),
    (
        "approval_max_age",
        "how old an approval may be for `fleet resume` to do what is left, such as 48h; 24h unless it is set",
    ),
    (
        "os_support",
        "file of maintenance dates of your own, over and beside the built-in ones (`fleet help os-support`)",
    ),
    ("geoip", "MaxMind databases of countries and networks, separated by `:` (`fleet help geoip`)"),
];

/// The words that are good for a setting; none: any text.
fn words_of(name: &str) -> Vec<String> {
    match name {
        "output" => format_words().into_iter().map(str::to_owned).collect(),
        "lang" => words::<Lang>(),
        "color" => words::<ColorArg>(),
        "progress" => words::<ProgressArg>(),
        _ => Vec::new(),
    }
}

/// What a setting is, for people.
fn doc((name, doc): &(&str, &str)) -> String {
    format!("{doc}{}", one_of(&words_of(name)))
}

/// A setting's value and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub value: String,
    pub origin: String,
}

/// The global options, decided.
#[derive(Clone)]
pub struct Settings {
    pub inventory: Vec<PathBuf>,
    /// Databases of countries and networks; none unless the user names some.
    pub geoip: Vec<PathBuf>,
    pub state: PathBuf,
    pub format: &'static Format,
    pub lang: Lang,
    pub color: bool,
    pub progress: Progress,
    pub verbose: u8,
    /// Every setting that is not at its default, for `fleet doctor`.
    pub found: BTreeMap<&'static str, Setting>,
    /// The user's configuration folder, for playbooks and the default inventory.
    pub config_dir: PathBuf,
    pub home: PathBuf,
}

impl Settings {
    pub fn new(global: &Global) -> Result<Self, CliError> {
        let xdg = Xdg::new().map_err(|e| CliError::invalid(format!("no home folder: {e}")))?;
        let config_dir = xdg.config_dir().join("fleet");
        let found = gather(global, &config_dir)?;
        let get = |name: &str| found.get(name).map(|s| s.value.as_str());
        let state = match get("state") {
            Some(path) => PathBuf::from(path),
            None => xdg.state_dir().unwrap_or_else(|| xdg.data_dir()).join("fleet"),
        };
        let format = Format::named(get("output").unwrap_or("table")).ok_or_else(|| wrong(&found, "output"))?;
        let lang = match get("lang") {
            Some(word) => word_of(&found, "lang", word)?,
            None => system_lang(),
        };
        let color = get("color").map(|w| word_of::<ColorArg>(&found, "color", w)).transpose()?;
        let progress = get("progress").map(|w| word_of::<ProgressArg>(&found, "progress", w)).transpose()?;
        Ok(Self {
            inventory: inventories(global, &found, &config_dir),
            geoip: match global.geoip.is_empty() {
                true => found.get("geoip").map(|s| paths(&s.value).collect()).unwrap_or_default(),
                false => global.geoip.clone(),
            },
            state,
            format,
            lang,
            color: colored(color, io::stdout().is_terminal()),
            progress: match progress.unwrap_or(ProgressArg::Auto) {
                ProgressArg::Auto if io::stderr().is_terminal() => Progress::Bar,
                ProgressArg::Auto | ProgressArg::Counter => Progress::Counter,
                ProgressArg::Bar => Progress::Bar,
                ProgressArg::None => Progress::None,
            },
            verbose: global.verbose,
            config_dir,
            home: xdg.home_dir().to_owned(),
            found,
        })
    }

    /// The value of a setting that a command reads itself.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.found.get(name)
    }

    /// How to report on this process's own stdout and stderr.
    /// How a page for people looks.
    pub fn look(&self) -> Look {
        let width = usize::from(terminal_width());
        Look { color: self.color, lang: self.lang, width, verbose: self.verbose }
    }

    pub fn report_options(&self) -> Options {
        Options {
            color: self.color,
            progress: self.progress,
            lang: self.lang,
            width: terminal_width(),
            verbose: self.verbose,
            stdout: Box::new(io::stdout()),
            stderr: Box::new(io::stderr()),
        }
    }
}

/// Columns of the terminal on stdout; 0 when it is none.
pub fn terminal_width() -> u16 {
    match io::stdout().is_terminal() {
        true => rustix::termios::tcgetwinsize(io::stdout()).map_or(0, |size| size.ws_col),
        false => 0,
    }
}

fn gather(global: &Global, config_dir: &Path) -> Result<BTreeMap<&'static str, Setting>, CliError> {
    let mut found = BTreeMap::new();
    for (path, text) in config_files(config_dir) {
        for (name, setting) in read_config(&path, &text)? {
            found.insert(name, setting);
        }
    }
    for (name, _) in NAMES {
        let variable = format!("FLEET_{}", name.to_uppercase());
        if let Some(value) = std::env::var(&variable).ok().filter(|v| !v.is_empty()) {
            found.insert(name, Setting { value, origin: variable });
        }
    }
    let word = |arg: Option<clap::builder::PossibleValue>| arg.map(|v| v.get_name().to_owned());
    let flags = [
        ("state", global.state.as_ref().map(|p| p.display().to_string())),
        ("output", global.output.clone()),
        ("lang", word(global.lang.and_then(|v| v.to_possible_value()))),
        ("color", word(global.color.and_then(|v| v.to_possible_value()))),
        ("progress", word(global.progress.and_then(|v| v.to_possible_value()))),
        ("os_support", global.os_support.as_ref().map(|p| p.display().to_string())),
        ("geoip", Some(joined(&global.geoip)).filter(|paths| !paths.is_empty())),
    ];
    for (name, value) in flags {
        if let Some(value) = value {
            found.insert(name, Setting { value, origin: format!("--{}", name.replace('_', "-")) });
        }
    }
    Ok(found)
}

/// System, user, project: later ones win. The project's is the first `fleet.toml` from here upwards.
fn config_files(config_dir: &Path) -> Vec<(PathBuf, String)> {
    let mut paths = vec![PathBuf::from("/etc/fleet/fleet.toml"), config_dir.join("fleet.toml")];
    let here = std::env::current_dir().unwrap_or_default();
    paths.extend(here.ancestors().map(|dir| dir.join("fleet.toml")).find(|path| path.is_file()));
    paths.into_iter().filter_map(|path| std::fs::read_to_string(&path).ok().map(|text| (path, text))).collect()
}

fn read_config(path: &Path, text: &str) -> Result<Vec<(&'static str, Setting)>, Problems> {
    let source = path.display().to_string();
    let place = |at: usize| {
        let before = text.get(..at).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |n| n + 1);
        Place { line: before.matches('\n').count() + 1, column: at - line_start + 1 }
    };
    let table = DeTable::parse(text)
        .map_err(|e| Problem::new(source.as_str(), place(e.span().map_or(0, |s| s.start)), e.message()))?;
    let mut problems = Problems::default();
    let mut settings = Vec::new();
    for (key, value) in table.get_ref() {
        let here = place(key.span().start);
        let Some((name, _)) = NAMES.iter().find(|(name, _)| *name == key.get_ref()) else {
            let known = NAMES.iter().map(|(name, _)| *name);
            problems.push(unknown_key(&source, here, "the configuration", key.get_ref(), known));
            continue;
        };
        let plain = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.to_string(),
            _ => {
                problems.push(Problem::new(source.as_str(), here, format!("`{name}` must be text or a number")));
                continue;
            }
        };
        // A path in a file is meant from where the file stands.
        let value = match *name {
            "state" | "os_support" | "require_signature" => beside(path, &plain).display().to_string(),
            "inventory" | "known_hosts" | "geoip" => {
                joined(&paths(&plain).map(|p| beside(path, p)).collect::<Vec<_>>())
            }
            _ => plain,
        };
        settings.push((*name, Setting { value, origin: format!("{source}:{}", here.line) }));
    }
    problems.or(settings)
}

/// The paths of a setting that holds several.
fn paths(several: &str) -> impl Iterator<Item = PathBuf> {
    several.split(':').filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn joined(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(":")
}

fn beside(file: &Path, path: impl AsRef<Path>) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(path)
}

/// `docs/configuration.md`.
pub fn document() -> String {
    let mut text = String::from(
        "# Configuration\n\nA flag wins over the environment, that over `fleet.toml` (the first one from the current \
         folder upwards), that over `~/.config/fleet/fleet.toml`, that over `/etc/fleet/fleet.toml`. `fleet doctor` \
         shows which one won. Paths in a file are meant from where the file stands.\n\n\
         | `fleet.toml` | environment | what it is |\n|---|---|---|\n",
    );
    for setting in NAMES {
        let (name, doc) = (setting.0, doc(setting));
        text.push_str(&format!("| `{name}` | `FLEET_{}` | {doc} |\n", name.to_uppercase()));
    }
    text
}

/// A first `fleet.toml`, everything commented out but the inventory.
pub fn sample() -> String {
    let mut text = String::from("# Settings of this project; `fleet help configuration` explains them.\n");
    for setting in NAMES {
        let (name, doc) = (setting.0, doc(setting));
        let mark = if name == "inventory" { "" } else { "# " };
        let value = match name {
            "inventory" => "inventory.yaml",
            "state" => "state",
            "output" => "table",
            "lang" => "en",
            "connect_timeout" => "10s",
            "approval_max_age" => "24h",
            "require_signature" => "allowed_signers",
            "known_hosts" => "known_hosts",
            "os_support" => "os-support.tsv",
            "geoip" => "GeoLite2-Country.mmdb:GeoLite2-ASN.mmdb",
            "parallel" => "64",
            _ => "auto",
        };
        text.push_str(&format!("\n# {doc}\n{mark}{name} = \"{value}\"\n"));
    }
    text
}

fn inventories(global: &Global, found: &BTreeMap<&'static str, Setting>, config_dir: &Path) -> Vec<PathBuf> {
    if !global.inventory.is_empty() {
        return global.inventory.clone();
    }
    if let Some(setting) = found.get("inventory") {
        return paths(&setting.value).collect();
    }
    let usual = [PathBuf::from("inventory.yaml"), config_dir.join("inventory.yaml")];
    usual.into_iter().filter(|path| path.exists()).take(1).collect()
}

fn word_of<T: ValueEnum>(found: &BTreeMap<&'static str, Setting>, name: &str, word: &str) -> Result<T, CliError> {
    T::from_str(word, false).map_err(|_| wrong(found, name))
}

fn wrong(found: &BTreeMap<&'static str, Setting>, name: &str) -> CliError {
    let origin = found.get(name).map_or("", |s| s.origin.as_str());
    CliError::invalid(format!("{origin}: `{name}` must be one of: {}", words_of(name).join(", ")))
}

fn system_lang() -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|n| std::env::var(n).ok().filter(|v| !v.is_empty()));
    if locale.is_some_and(|l| l.starts_with("ja")) { Lang::Ja } else { Lang::En }
}

fn colored(wanted: Option<ColorArg>, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty() && v != "0");
    match wanted {
        Some(ColorArg::Always) => true,
        Some(ColorArg::Never) => false,
        Some(ColorArg::Auto) | None if set("NO_COLOR") => false,
        Some(ColorArg::Auto) | None if set("CLICOLOR_FORCE") => true,
        Some(ColorArg::Auto) | None => terminal && std::env::var_os("TERM").is_some_and(|t| t != "dumb"),
    }
}
