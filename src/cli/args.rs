//! What was typed. What is meant by it is decided in `settings`, `load` and the commands.

use crate::model::Level;
use crate::report::{FORMATS, Lang};
use clap::builder::{PossibleValue, PossibleValuesParser};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Options that every command takes.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Inventory: a file, a folder of files, or an executable that prints JSON; repeatable
    #[arg(short, long, global = true, value_name = "PATH", help_heading = "Global options")]
    pub inventory: Vec<PathBuf>,
    /// Where runs and known host keys are kept
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub state: Option<PathBuf>,
    #[arg(short, long, global = true, value_name = "FORMAT", help_heading = "Global options", help = format_help())]
    pub output: Option<String>,
    /// Language of what people read
    #[arg(long, global = true, value_enum, value_name = "LANG", help_heading = "Global options")]
    pub lang: Option<Lang>,
    /// When to use colour; `NO_COLOR` and `CLICOLOR_FORCE` count too
    #[arg(long, global = true, value_enum, value_name = "WHEN", help_heading = "Global options")]
    pub color: Option<ColorArg>,
    /// What to draw on stderr while hosts work
    #[arg(long, global = true, value_enum, value_name = "HOW", help_heading = "Global options")]
    pub progress: Option<ProgressArg>,
    /// Maintenance dates of your own, over and beside the built-in ones; `fleet help os-support`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub os_support: Option<PathBuf>,
    /// MaxMind database (.mmdb) of countries or networks, to tell where clients are; repeatable; `fleet help geoip`
    #[arg(long, global = true, value_name = "FILE", help_heading = "Global options")]
    pub geoip: Vec<PathBuf>,
    /// Folder of playbooks of your own, which may replace built-in ones; repeatable
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub playbooks: Vec<PathBuf>,
    /// Show steps (-v) and what they read (-vv)
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "Global options")]
    pub verbose: u8,
}

fn format_help() -> String {
    format!("Format of the data on stdout: {}", one_of(&format_words()))
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
    /// A playbook's name, or a file (with `/` or `.yaml`)
    pub playbook: String,
    /// A parameter; NAME=@FILE takes the file's text
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    pub param: Vec<String>,
}

/// Which hosts.
#[derive(Clone, Debug, Default, Args)]
pub struct SelectionArgs {
    /// Hosts to work on, a selector such as `tag:plesk & !mx07`; repeated: any of them
    #[arg(long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub hosts: Vec<String>,
    /// Keep only hosts that this selects too
    #[arg(short, long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub limit: Vec<String>,
    /// Leave these out
    #[arg(long, value_name = "SELECTOR", help_heading = "Hosts")]
    pub exclude: Vec<String>,
    /// Go on only if this many hosts are selected: N or A..B
    #[arg(long, value_name = "COUNT", help_heading = "Hosts")]
    pub expect: Option<String>,
}

/// How to connect, over what the inventory says.
#[derive(Clone, Debug, Default, Args)]
pub struct ConnectionArgs {
    /// Log in as this user
    #[arg(short, long, value_name = "NAME", help_heading = "Connection")]
    pub user: Option<String>,
    /// A variable of every host, over the inventory's
    #[arg(short = 'e', long = "extra-var", value_name = "NAME=VALUE", help_heading = "Connection")]
    pub extra_vars: Vec<String>,
    /// known_hosts files to read instead of `~/.ssh/known_hosts` and the system's
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    pub known_hosts: Vec<PathBuf>,
    /// Accept and record the key of a host that is not known yet; only for playbooks that read
    #[arg(long, help_heading = "Connection")]
    pub accept_new: bool,
    /// Never ask for a password or passphrase
    #[arg(long, help_heading = "Connection")]
    pub no_prompt: bool,
    /// Deadline for connecting, key exchange and authentication together, such as 10s
    #[arg(long, value_name = "DURATION", help_heading = "Connection")]
    pub connect_timeout: Option<String>,
}

/// How much at once, and how long.
#[derive(Clone, Debug, Default, Args)]
pub struct PaceArgs {
    /// Hosts that work at once
    #[arg(short = 'f', long, alias = "forks", value_name = "N", help_heading = "Pace")]
    pub parallel: Option<usize>,
    /// Deadline of one step on one host, such as 60s
    #[arg(short = 'T', long, value_name = "DURATION", help_heading = "Pace")]
    pub timeout: Option<String>,
    /// Deadline of everything on one host, such as 5m
    #[arg(long, value_name = "DURATION", help_heading = "Pace")]
    pub host_timeout: Option<String>,
    /// Start no new host once more than this many ended badly: none, N or N%
    #[arg(long, value_name = "COUNT", help_heading = "Pace")]
    pub max_fail: Option<String>,
}

/// How a change is agreed to.
#[derive(Clone, Debug, Default, Args)]
pub struct AgreeArgs {
    /// Apply without asking, within the playbook's limits
    #[arg(short, long, help_heading = "Changes")]
    pub yes: bool,
    /// How many objects the plan changes: what is to be typed for a large plan, given beforehand; behind a `confirm`, how
    /// many at most
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
