//! Completions and manual pages.

use crate::command::run;
use std::fs;

#[test]
fn every_shell_completes_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let said = run(&["completions", shell], "");
        assert_eq!(said.code, Some(0), "{}", said.err);
        for word in ["doctor", "evacuate", "completions", "api-secret-file"] {
            assert!(said.out.contains(word), "no {word} for {shell}");
        }
    }
    assert_eq!(run(&["completions", "tcsh"], "").code, Some(2));
}

#[test]
fn a_shell_reads_its_completions() {
    let script = run(&["completions", "bash"], "").out;
    let checked = crate::command::finish(std::process::Command::new("bash").arg("-n"), &script);
    assert_eq!((checked.code, checked.err.as_str()), (Some(0), ""));
}

#[test]
fn there_is_a_page_for_each_command() {
    let said = run(&["man"], "");
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.out.contains(".TH emqx-rebalance 1"), "{}", said.out);
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let said = run(&["man", "--dir", pages.to_str().unwrap()], "");
    assert_eq!((said.code, said.out.as_str()), (Some(0), ""), "{}", said.err);
    for page in ["emqx-rebalance.1", "emqx-rebalance-doctor.1", "emqx-rebalance-evacuate-plan.1"] {
        assert!(fs::read_to_string(pages.join(page)).unwrap().contains("SYNOPSIS"), "{page}");
    }
    assert!(!pages.join("emqx-rebalance-swarm.1").exists());
    let file = pages.join("emqx-rebalance.1");
    let said = run(&["man", "--dir", file.to_str().unwrap()], "");
    assert_eq!(said.code, Some(2), "{}", said.err);
}
