//! Look-ahead: a run with it is the same as one without, and each of its rules is needed for that.

use super::slow::SLOW_B;
use super::stage::{Told, Way, run, run_in};
use crate::run::{AheadRule, AheadRules};
use std::fmt::Write as _;
use std::path::Path;

/// What must be equal beside events and files.
#[derive(Clone, Copy, PartialEq)]
enum Asked {
    /// Nothing may be asked that is not asked without look-ahead.
    Same,
    /// Nothing slow may.
    SameHeavy,
    /// At most so many more may be, in vain.
    Within(usize),
    /// Answers may be thrown away.
    Any,
}

struct Fixture {
    rule: AheadRule,
    asked: Asked,
    playbook: &'static str,
}

/// Widens the window.
const WARM: &str = "
    - stat: {path: '{{ d }}/one'}
    - stat: {path: '{{ d }}/two'}
    - stat: {path: '{{ d }}/three'}
";

const FIXTURES: [Fixture; 12] = [
    Fixture {
        rule: AheadRule::SameQuestion,
        asked: Asked::Any,
        playbook: "
    - block:
        - stat: {path: '{{ d }}/no'}
          failed_when: true
        - stat: {path: '{{ d }}/there'}
      rescue:
        - stat: {path: '{{ d }}/no'}
          register: gone
        - debug: {msg: '{{ gone.stat.exists }}'}
",
    },
    Fixture {
        rule: AheadRule::OwnChange,
        asked: Asked::Any,
        playbook: "
    - copy: {dest: '{{ d }}/x', content: x}
      when: inventory_hostname == 'a'
    - stat: {path: '{{ d }}/x'}
      when: inventory_hostname == 'a'
      register: x
    - debug: {msg: '{{ x.stat.exists }}'}
      when: inventory_hostname == 'a'
",
    },
    Fixture {
        rule: AheadRule::OthersChange,
        asked: Asked::Any,
        playbook: "
    - copy: {dest: '{{ d }}/x', content: x}
      when: inventory_hostname == 'a'
    - stat: {path: '{{ d }}/x'}
      register: x
    - debug: {msg: '{{ x.stat.exists }}'}
",
    },
    Fixture {
        rule: AheadRule::Light,
        asked: Asked::SameHeavy,
        playbook: "
    - block:
        - stat: {path: '{{ d }}/no'}
          failed_when: true
        - file: {path: '{{ d }}', state: directory, recurse: true}
      rescue:
        - debug: {msg: rescued}
",
    },
    Fixture {
        rule: AheadRule::Identity,
        asked: Asked::Same,
        playbook: "
    - stat: {path: '{{ d }}/x'}
      become: true
    - stat: {path: '{{ d }}/y'}
",
    },
    Fixture {
        rule: AheadRule::Once,
        asked: Asked::Same,
        playbook: "
    - stat: {path: '{{ d }}/x'}
      run_once: true
",
    },
    Fixture {
        rule: AheadRule::Tries,
        asked: Asked::Any,
        playbook: "
    - name: appear
      stat: {path: '{{ d }}/late'}
      register: late
      until: late.stat.exists
      retries: 3
      delay: 0
      when: inventory_hostname == 'a'
",
    },
    Fixture {
        rule: AheadRule::Pending,
        asked: Asked::Same,
        playbook: "
    - stat: {path: '{{ d }}/no'}
      register: known
    - stat: {path: \"{{ d }}/{{ 'yes' if known.stat.exists else 'no' }}\"}
",
    },
    Fixture {
        rule: AheadRule::Pure,
        asked: Asked::Same,
        playbook: "
    - stat: {path: \"{{ lookup('pipe', 'echo . >> ' ~ d ~ '/log; echo x') }}\"}
    - debug: {msg: \"{{ lookup('pipe', 'echo . >> ' ~ d ~ '/log; echo x') }}\"}
",
    },
    Fixture {
        rule: AheadRule::Others,
        asked: Asked::Same,
        playbook: "
    - stat: {path: '{{ d }}/there'}
      register: mine
    - stat: {path: \"{{ d }}/{{ hostvars['a'].mine.stat.exists | default('unset') }}\"}
",
    },
    Fixture {
        rule: AheadRule::Flush,
        // One for each host, before it was known that it changes.
        asked: Asked::Within(2),
        playbook: "
    - copy: {dest: '{{ d }}/{{ inventory_hostname }}', content: x}
      notify: handle
  tasks:
    - stat: {path: '{{ d }}/y'}
  handlers:
    - name: handle
      copy: {dest: '{{ d }}/{{ inventory_hostname }}2', content: y}
",
    },
    Fixture {
        rule: AheadRule::Window,
        // One for each task, before it was known that the one before it changes something.
        asked: Asked::Within(14),
        playbook: "
    - copy: {dest: '{{ d }}/1', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/2', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/3', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/4', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/5', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/6', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/7', content: x}
      when: inventory_hostname == 'a'
    - copy: {dest: '{{ d }}/8', content: x}
      when: inventory_hostname == 'a'
",
    },
];

const SEEDS: [u64; 4] = [0, 1, 77, SLOW_B];

fn appears(name: &str, dir: &Path) {
    if name == "appear" {
        std::fs::write(dir.join("late"), "").unwrap();
    }
}

fn told(fixture: &Fixture, rules: Option<AheadRules>, seed: u64) -> Told {
    let head = "- hosts: all\n  gather_facts: false\n  vars: {known: {stat: {exists: true}}}\n  pre_tasks:";
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("there"), "").unwrap();
    let warm = if matches!(fixture.asked, Asked::Within(_)) { "\n" } else { WARM };
    let playbook = format!("{head}{warm}{}", fixture.playbook.trim_start_matches('\n'));
    run_in(dir.path(), &playbook, Way { rules, seed, check: false }, appears)
}

fn differs(fixture: &Fixture, a: &Told, b: &Told) -> bool {
    let heavy =
        |told: &Told| told.asked.iter().filter(|(.., heavy)| *heavy).cloned().collect::<Vec<_>>();
    let asked = match fixture.asked {
        Asked::Same => a.asked != b.asked,
        Asked::SameHeavy => heavy(a) != heavy(b),
        Asked::Within(more) => b.asked.len() > a.asked.len() + more,
        Asked::Any => false,
    };
    asked || a.results != b.results || a.lines != b.lines || a.files != b.files || a.code != b.code
}

#[test]
fn a_run_with_look_ahead_is_one_without() {
    for fixture in &FIXTURES {
        for seed in SEEDS {
            let (plain, ahead) =
                (told(fixture, None, seed), told(fixture, Some(AheadRules::ALL), seed));
            assert!(
                !differs(fixture, &plain, &ahead),
                "{:?} {seed}: {plain:#?} {ahead:#?}",
                fixture.rule
            );
            assert!(plain.lines.iter().all(|line| !line.contains("unreachable: 1")));
            assert!(
                ahead.trips < plain.trips,
                "{:?}: {} of {}",
                fixture.rule,
                ahead.trips,
                plain.trips
            );
        }
    }
}

#[test]
fn every_rule_is_needed() {
    for fixture in &FIXTURES {
        let without = Some(AheadRules::without(fixture.rule));
        let shown = SEEDS.iter().any(|seed| {
            differs(fixture, &told(fixture, None, *seed), &told(fixture, without, *seed))
        });
        assert!(shown, "{:?} is not needed here", fixture.rule);
    }
}

/// A hundred tasks of the usual kinds.
fn hundred() -> String {
    let mut text = "- hosts: a\n  gather_facts: false\n  tasks:\n".to_string();
    for n in 0..16 {
        let _ = write!(
            text,
            "    - file: {{path: '{{{{ d }}}}/{n}', state: directory, mode: '0750'}}
    - copy: {{dest: '{{{{ d }}}}/{n}/c', content: \"a\\nb\\n\", mode: '0640'}}
    - lineinfile: {{path: '{{{{ d }}}}/{n}/l', line: c, create: true}}
    - blockinfile: {{path: '{{{{ d }}}}/{n}/l', block: x}}
    - command: touch {{{{ d }}}}/{n}/made
      args: {{creates: '{{{{ d }}}}/{n}/made'}}
    - stat: {{path: '{{{{ d }}}}/{n}/made'}}
"
        );
    }
    text
}

#[test]
fn a_fresh_run_asks_little_and_a_converged_one_in_few_round_trips() {
    let dir = tempfile::tempdir().unwrap();
    let playbook = hundred();
    let way = Way { rules: Some(AheadRules::ALL), seed: 1, check: false };
    let fresh = run_in(dir.path(), &playbook, way, appears);
    assert_eq!(fresh.code, 0, "{fresh:?}");
    assert!(fresh.asked.len() <= 3 * 96, "{} questions", fresh.asked.len());
    // 80 tasks change something.
    assert!(fresh.trips <= 80 + 4, "{} round trips", fresh.trips);
    let converged = run_in(dir.path(), &playbook, way, appears);
    assert!(converged.lines.iter().any(|line| line.contains("changed: 0")), "{converged:?}");
    assert!(converged.trips <= 12, "{} round trips", converged.trips);
    assert_eq!(fresh.files, converged.files);
}

#[test]
fn items_see_each_other() {
    let playbook = "- hosts: all
  gather_facts: false
  tasks:
    - lineinfile: {path: '{{ d }}/{{ inventory_hostname }}', line: '{{ item }}', create: true}
      loop: [x, y, x, z]
    - stat: {path: '{{ d }}/{{ item }}'}
      loop: \"{{ range(20) | list }}\"
    - lineinfile: {path: '{{ d }}/{{ inventory_hostname }}', line: '{{ item }}'}
      loop: [x, y, x, z]
";
    for seed in SEEDS {
        let way = |rules| Way { rules, seed, check: false };
        let (plain, ahead) =
            (run(playbook, way(None), appears), run(playbook, way(Some(AheadRules::ALL)), appears));
        assert_eq!((&plain.results, &plain.files), (&ahead.results, &ahead.files), "{seed}");
        assert!(ahead.trips * 2 < plain.trips, "{} of {}", ahead.trips, plain.trips);
    }
}
