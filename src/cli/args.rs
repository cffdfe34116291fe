//! What was typed. What is meant by it is decided in `settings`, `load` and the commands.

use crate::model::Level;
use crate::report::{FORMATS, Lang};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Inventory: a file, a directory of files, or an executable that prints JSON; can be repeated
    #[arg(short, long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub inventory: Vec<PathBuf>,
    /// Directory for recorded runs and known host keys
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub state: Option<PathBuf>,
    #[arg(short, long, global = true, value_name = "FORMAT", help_heading = "Global options", help = format_help())]
    pub output: Option<String>,
    /// Language of messages and reports
    #[arg(long, global = true, value_enum, value_name = "LANG", help_heading = "Global options")]
    pub lang: Option<Lang>,
    /// When to use color; `NO_COLOR` and `CLICOLOR_FORCE` are honored
    #[arg(long, global = true, value_enum, value_name = "WHEN", help_heading = "Global options")]
    pub color: Option<ColorArg>,
    /// Progress display on stderr
    #[arg(long, global = true, value_enum, value_name = "HOW", help_heading = "Global options")]
    pub progress: Option<ProgressArg>,
    /// File of end-of-support dates that override or extend the built-in ones; see `fleet help os-support`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub os_support: Option<PathBuf>,
    /// MaxMind database (.mmdb) to locate client addresses; can be repeated; see `fleet help geoip`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub geoip: Vec<PathBuf>,
    /// Show steps (-v) and their results (-vv)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

fn format_help() -> String {
    format!("Output format: {}", one_of(&format_words()))
}

/// The words of `--output`.
pub fn format_words() -> Vec<&'static str> {
    FORMATS.iter().map(|format| format.name).collect()
}

/// The words of `--fail-on`.
pub fn fail_on_words() -> PossibleValuesParser {
    PossibleValuesParser::new(Level::WORDS.iter().copied().chain(["never"]))
}

/// The words of an option.
pub fn words<T: ValueEnum>() -> Vec<String> {
    T::value_variants().iter().filter_map(|v| Some(v.to_possible_value()?.get_name().to_owned())).collect()
}

/// `a, b or c`.
pub fn one_of(words: &[impl AsRef<str>]) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.as_slice() {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => words.concat(),
    }
}

impl ValueEnum for Lang {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::En, Self::Ja]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(match self {
            Self::En => "en",
            Self::Ja => "ja",
        }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressArg {
    Auto,
    Bar,
    Counter,
    None,
}

/// What is run.
#[derive(Clone, Debug, Default, Args)]
pub struct PlaybookArgs {
    /// Playbook name, or a file (a path with `/` or ending in `.yaml`)
    pub playbook: String,
    /// Set a parameter; NAME=@FILE reads the value from a file
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    pub param: Vec<String>,
}

/// Which hosts.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectionArgs {
    /// Hosts to run on: a selector such as `tag:plesk & !mx07`; can be repeated (union)
    #[arg(long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub hosts: Vec<String>,
    /// Further limit the hosts to those that this selector matches
    #[arg(short, long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub limit: Vec<String>,
    /// Exclude the hosts that this selector matches
    #[arg(long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub exclude: Vec<String>,
    /// Fail unless this many hosts are selected: N or A..B
    #[arg(long, value_name = "COUNT", help_heading = "Hosts")]
    pub expect: Option<String>,
}

/// How to connect, over what the inventory says.
#[derive(Clone, Debug, Default, Args)]
pub struct ConnectionArgs {
    /// Log in as this user
    #[arg(short, long, value_name = "NAME", help_heading = "Connection")]
    pub user: Option<String>,
    /// Set a variable on all hosts, overriding the inventory
    #[arg(short = 'e', long = "extra-var", value_name = "NAME=VALUE", help_heading = "Connection")]
    pub extra_vars: Vec<String>,
    /// known_hosts files to read instead of the user's and the system's
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub known_hosts: Vec<PathBuf>,
    /// Accept and record the keys of unknown hosts; read-only playbooks only
    #[arg(long, help_heading = "Connection")]
    pub accept_new: bool,
    /// Never prompt for a password or passphrase
    #[arg(long, help_heading = "Connection")]
    pub no_prompt: bool,
    /// Timeout for connecting, key exchange and authentication together, such as 10s
    #[arg(long, value_name = "DURATION", help_heading = "Connection")]
    pub connect_timeout: Option<String>,
}

/// How much at once, and how long.
#[derive(Clone, Debug, Default, Args)]
pub struct PaceArgs {
    /// Number of hosts to run on in parallel
    #[arg(short = 'f', long, alias = "forks", value_name = "N", help_heading = "Execution")]
    pub parallel: Option<usize>,
    /// Timeout of one step on one host, such as 60s
    #[arg(short = 'T', long, value_name = "DURATION", help_heading = "Execution")]
    pub timeout: Option<String>,
    /// Timeout of all steps on one host, such as 5m
    #[arg(long, value_name = "DURATION", help_heading = "Execution")]
    pub host_timeout: Option<String>,
    /// Start no more hosts after more than this many have failed: none, N or N%
    #[arg(long, value_name = "COUNT", help_heading = "Execution")]
    pub max_fail: Option<String>,
}

/// How a change is agreed to.
#[derive(Clone, Debug, Default, Args)]
pub struct AgreeArgs {
    /// Apply without asking for confirmation, within the playbook's limits
    #[arg(short, long, help_heading = "Changes")]
    pub yes: bool,
    /// Number of objects that the plan changes, as confirmation of a large plan; after a `confirm` step, the maximum
    #[arg(long, value_name = "N", help_heading = "Changes")]
    pub count: Option<usize>,
}

/// How a plan is applied.
#[derive(Clone, Debug, Default, Args)]
pub struct ApplyArgs {
    #[command(flatten)]
    pub agree: AgreeArgs,
    #[command(flatten)]
    pub pace: PaceArgs,
    #[command(flatten)]
    pub connection: ConnectionArgs,
}
