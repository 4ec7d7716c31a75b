//! The server by itself; connections of ours to it are tested in the room of connections.

use super::*;
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn its_files_are_private_and_its_port_is_on_loopback() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path()).await.unwrap();
    let mode = std::fs::metadata(&server.user_key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(server.address().ip().is_loopback());
    let known = std::fs::read_to_string(&server.known_hosts).unwrap();
    assert!(known.starts_with(&format!("[127.0.0.1]:{} ssh-ed25519 ", server.port)), "{known}");
    let print = std::process::Command::new("ssh-keygen")
        .arg("-lf")
        .arg(&server.known_hosts)
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&print.stdout).contains(&server.fingerprint));
}

#[tokio::test]
async fn nobody_is_let_in_once_it_has_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let server = serve(dir.path()).await.unwrap();
    let address = server.address();
    let before = tokio::net::TcpStream::connect(address).await;
    assert!(before.is_ok());
    drop(server);
    for _ in 0..100 {
        if tokio::net::TcpStream::connect(address).await.is_err() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it still listens");
}
