//! Keys in an agent, and the agent handed on.

use super::sshd::{Agent, sign};
use super::*;

fn env(scratch: &Scratch, agent: &Agent) -> ConnectEnv {
    ConnectEnv::new(Operator { agent: Some(agent.socket.clone()), ..scratch.operator() }, None)
}

#[tokio::test]
async fn keys_of_the_agent_log_in() {
    let scratch = Scratch::new();
    for (name, kind) in [("a-ed", "ed25519"), ("a-rsa", "rsa"), ("a-ec", "ecdsa")] {
        keygen(&scratch.path(name), &["-t", kind], "");
    }
    let sshd = Sshd::start(&scratch, "");
    let vars = ConnectionVars { private_key_file: None, ..sshd.vars(&scratch) };
    let agent = Agent::start(&scratch, &[]);
    assert!(fails(&vars, &env(&scratch, &agent)).await.contains("Permission denied"));
    for name in ["a-rsa", "a-ec", "a-ed"] {
        agent.add(&scratch.path(name));
        fs::copy(scratch.path(&format!("{name}.pub")), scratch.path("authorized_keys")).unwrap();
        works(&vars, &env(&scratch, &agent)).await;
    }
}

#[tokio::test]
async fn identities_only_takes_from_the_agent_what_a_file_names() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "");
    let agent = Agent::start(&scratch, &[&scratch.path("key")]);
    let vars = ConnectionVars {
        private_key_file: None,
        common_args: Some("-o IdentitiesOnly=yes".to_owned()),
        ..sshd.vars(&scratch)
    };
    assert!(fails(&vars, &env(&scratch, &agent)).await.contains("Permission denied"));
    // Only the public half is a file.
    fs::rename(scratch.path("key"), scratch.path("away")).unwrap();
    let named = ConnectionVars {
        private_key_file: Some(scratch.path("key").display().to_string()),
        ..vars
    };
    works(&named, &env(&scratch, &agent)).await;
    let asked = ConnectionVars { common_args: Some("-o IdentityAgent=none".to_owned()), ..named };
    assert!(fails(&asked, &env(&scratch, &agent)).await.contains("Permission denied"));
}

#[tokio::test]
async fn a_certificate_in_the_agent_logs_in() {
    let scratch = Scratch::new();
    keygen(&scratch.path("ca"), &["-t", "ed25519"], "");
    keygen(&scratch.path("mine"), &["-t", "ed25519"], "");
    sign(&scratch.path("ca"), &scratch.path("mine"), &["-n", &Operator::of_process().user]);
    let sshd =
        Sshd::start(&scratch, &format!("TrustedUserCAKeys {}", scratch.path("ca.pub").display()));
    let agent = Agent::start(&scratch, &[&scratch.path("mine")]);
    let vars = ConnectionVars { private_key_file: None, ..sshd.vars(&scratch) };
    works(&vars, &env(&scratch, &agent)).await;
}

#[tokio::test]
async fn the_agent_is_handed_on_only_if_asked() {
    let scratch = Scratch::new();
    let sshd = Sshd::start(&scratch, "AllowAgentForwarding yes");
    let agent = Agent::start(&scratch, &[&scratch.path("key")]);
    let vars = sshd.vars(&scratch);
    let plain = works(&vars, &env(&scratch, &agent)).await;
    assert_ne!(output(&*plain, "ssh-add -l").await.2, Some(0));
    let forward = ConnectionVars { common_args: Some("-A".to_owned()), ..vars };
    let transport = works(&forward, &env(&scratch, &agent)).await;
    let (out, _, code) = output(&*transport, "ssh-add -l").await;
    assert_eq!(code, Some(0));
    assert!(String::from_utf8(out).unwrap().contains("ED25519"));
}
