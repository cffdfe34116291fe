//! A playbook and a file that it may include: loaded, bound to its defaults, and every step judged on a host.
//! Problems quote the playbook, which is the user's own; whoever prints them makes them safe.
#![no_main]

use fleet::model::source::Source;
use fleet::playbook::{self, EvalError, Playbook, Scope, Step, Verdict};
use fleet_fuzz::{host, profile, safe_lines, safe_text, split};
use serde_json::json;
use std::collections::BTreeMap;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let pieces: Vec<String> = split(data).iter().map(|p| String::from_utf8_lossy(p).into_owned()).collect();
    let included = pieces.get(1).cloned();
    let include = |name: &str| {
        let text = included.clone().ok_or_else(|| "it does not exist".to_owned())?;
        Ok(Source { name: name.into(), text })
    };
    match playbook::load("playbook.yaml", &pieces[0], &include) {
        Ok(playbook) => run(&playbook),
        Err(problems) => drop(problems.to_string()),
    }
});

fn run(playbook: &Playbook) {
    let host = host();
    let _ = playbook.check_vars(&[&host]).to_string();
    let params = match playbook.bind(&BTreeMap::new()) {
        Ok(params) => params,
        Err(problems) => return drop(problems.to_string()),
    };
    let _ = params.shown();
    let mut scope = Scope::new(&params, &host);
    scope.set_profile(&profile("postfix", "plesk"), &json!({"known": true, "eol": false, "vendor_end": null}));
    for step in playbook.steps.iter().chain(&playbook.always) {
        let rows = json!([{"login": "info@example.jp", "account": "a", "count": 3, "total": 7, "reason": null}]);
        scope.set_step(&step.id, &json!({"rows": rows, "senders": rows, "total": 3, "messages": 5, "complete": true}));
        if let Err(error) = one(step, &scope) {
            safe_text(&error.message);
        }
    }
}

fn one(step: &Step, scope: &Scope) -> Result<(), EvalError> {
    if let Some(when) = &step.when {
        let _ = when.truth(scope)?;
    }
    let _ = step.args(scope);
    verdict(step, scope)?;
    for (label, item) in step.items(scope)?.into_iter().flatten().take(3) {
        safe_text(&label);
        verdict(step, &scope.with_item(item))?;
    }
    Ok(())
}

fn verdict(step: &Step, scope: &Scope) -> Result<(), EvalError> {
    match step.judge(scope)? {
        Verdict::Nothing => {}
        Verdict::Found(finding) => _ = serde_json::to_value(finding).unwrap(),
        Verdict::Stop { message: text, .. } | Verdict::Failed(text) => safe_lines(&text),
    }
    Ok(())
}
