//! The few commands that the demo's hosts know, for `fleet exec` and the benchmarks.

use super::machine::Machine;
use super::{clock, queue};
use std::time::Duration;

/// One thing that a part does.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    Print(String),
    Complain(String),
    Wait(Duration),
    /// The status of what came last.
    Status(i32),
}

const KNOWN: &str = "true, false, hostname, uptime, date, id, whoami, cat /etc/os-release, echo, sleep, postqueue -p";

/// What a script of these commands does; `;` and line ends stand between them.
pub fn script(machine: &Machine, text: &str, now: i64) -> Vec<Step> {
    words(text).into_iter().flat_map(|argv| command(machine, &argv, now)).collect()
}

/// What one command does.
pub fn command(machine: &Machine, argv: &[String], now: i64) -> Vec<Step> {
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    let print = |text: String| vec![Step::Print(text + "\n"), Step::Status(0)];
    match argv.as_slice() {
        [] => Vec::new(),
        ["true"] => vec![Step::Status(0)],
        ["false"] => vec![Step::Status(1)],
        ["hostname"] => print(machine.hostname.clone()),
        ["whoami"] => print("root".into()),
        ["id"] => print("uid=0(root) gid=0(root) groups=0(root)".into()),
        ["uptime"] => {
            let time = clock::time(now, machine.offset());
            print(format!(" {time} up 41 days,  3:12,  1 user,  load average: 0.08, 0.03, 0.01"))
        }
        ["date"] => {
            let (zone, offset) = (if machine.tokyo { "JST" } else { "UTC" }, machine.offset());
            print(format!("{} {zone} {}", clock::weekday_bsd(now, offset), clock::year(now, offset)))
        }
        ["cat", "/etc/os-release"] => {
            let os = machine.system;
            print(format!("PRETTY_NAME=\"{}\"\nVERSION_ID=\"{}\"\nID={}", os.name, os.version, os.id))
        }
        ["echo", rest @ ..] => print(rest.join(" ")),
        ["sleep", seconds] => match seconds.parse().ok().map(Duration::try_from_secs_f64) {
            Some(Ok(time)) => vec![Step::Wait(time), Step::Status(0)],
            _ => {
                let text = format!("sleep: invalid time interval '{seconds}'\n");
                vec![Step::Complain(text), Step::Status(1)]
            }
        },
        ["postqueue", "-p"] if machine.postfix.is_some() => {
            vec![Step::Print(queue::text(machine)), Step::Status(0)]
        }
        [name, ..] => {
            let text = format!("sh: {name}: this demo server only knows: {KNOWN}\n");
            vec![Step::Complain(text), Step::Status(127)]
        }
    }
}

/// The commands of a script as lists of words: quotes keep what they enclose together, nothing is expanded.
fn words(text: &str) -> Vec<Vec<String>> {
    let (mut commands, mut argv, mut word) = (Vec::new(), Vec::new(), None::<String>);
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(q), c) if q == c => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ';' | '\n') => {
                argv.extend(word.take());
                commands.push(std::mem::take(&mut argv));
            }
            (None, c) if c.is_whitespace() => argv.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    argv.extend(word);
    commands.push(argv);
    commands
}

#[cfg(test)]
mod tests {
    use super::super::scenario::Scenario;
    use super::*;

    fn run(text: &str) -> String {
        let mut out = String::new();
        for step in script(&Scenario::clean("web05", 1).machine, text, 1_793_725_055) {
            match step {
                Step::Print(text) => out.push_str(&text),
                Step::Complain(text) => out.push_str(&format!("! {text}")),
                Step::Wait(time) => out.push_str(&format!("[{time:?}]\n")),
                Step::Status(n) => out.push_str(&format!("= {n}\n")),
            }
        }
        out
    }

    #[test]
    fn several_commands_run_one_after_the_other() {
        insta::assert_snapshot!(run("hostname; echo 'a;  b' \"\" c\nsleep 0.5;false;;date\n"), @r"
        web05.example.jp
        = 0
        a;  b  c
        = 0
        [500ms]
        = 0
        = 1
        Tue Nov  3 16:57:35 UTC 2026
        = 0
        ");
    }

    #[test]
    fn what_it_does_not_know_it_says() {
        insta::assert_snapshot!(run("rm -rf /; sleep x; sleep -1"), @r"
        ! sh: rm: this demo server only knows: true, false, hostname, uptime, date, id, whoami, cat /etc/os-release, echo, sleep, postqueue -p
        = 127
        ! sleep: invalid time interval 'x'
        = 1
        ! sleep: invalid time interval '-1'
        = 1
        ");
    }
}
