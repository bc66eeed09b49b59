//! A terminal's socket through the relay: the same bytes both ways, for as long as its login holds.

use std::time::Duration;

use crate::support::{
    House, PATIENCE, Running,
    scripted::{self, OnSocket},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::timeout,
};

/// An opencode of which a test holds the ends of the sockets that it was asked for.
struct Opencode(TcpListener);

impl Opencode {
    async fn start() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    fn url(&self) -> String {
        format!("http://{}", self.0.local_addr().unwrap())
    }

    /// Agrees to the next socket that is asked for; who asks for anything else is left alone. Answers the request's
    /// head too.
    async fn agree(&self) -> (BufReader<TcpStream>, String) {
        loop {
            let mut socket = BufReader::new(self.0.accept().await.unwrap().0);
            let head = head(&mut socket).await;
            if head.starts_with("GET /pty/") {
                let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                    sec-websocket-accept: yes\r\nset-cookie: ocweb=the-agents\r\nclear-site-data: \"*\"\r\n\r\nhello";
                socket.write_all(answer.as_bytes()).await.unwrap();
                return (socket, head);
            }
        }
    }
}

async fn head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && stream.read_line(&mut head).await.unwrap() > 0 {}
    head
}

/// Asks for a terminal's socket, as Caddy does, and for both ends of it.
async fn connect(
    house: &House,
    opencode: &Opencode,
    login: &str,
) -> (BufReader<UnixStream>, BufReader<TcpStream>) {
    let mut client = BufReader::new(UnixStream::connect(house.socket("event-relay")).await.unwrap());
    let request = format!(
        "GET /pty/pty_1/connect?cursor=7&directory=%2Fvol HTTP/1.1\r\nhost: box.example\r\norigin: http://box.example\r\n\
         connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: key\r\n\
         x-ocweb-session: {login}\r\n\r\n"
    );
    client.write_all(request.as_bytes()).await.unwrap();
    let (mut server, asked) = opencode.agree().await;
    assert!(asked.starts_with("GET /pty/pty_1/connect?cursor=7&directory=%2Fvol HTTP/1.1\r\n"), "{asked}");
    let asked = asked.to_lowercase();
    for line in
        ["host: box.example", "origin: http://box.example", "sec-websocket-key: key", "upgrade: websocket"]
    {
        assert!(asked.contains(line), "{asked}");
    }
    assert!(asked.contains("authorization: basic ") && !asked.contains("x-ocweb-session"), "{asked}");
    let answer = head(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 101 ") && answer.contains("sec-websocket-accept: yes"), "{answer}");
    let said = answer.to_lowercase();
    assert!(!said.contains("set-cookie") && !said.contains("clear-site-data"), "{answer}");
    expect(&mut client, b"hello").await;
    client.write_all(b"typed").await.unwrap();
    expect(&mut server, b"typed").await;
    (client, server)
}

async fn expect(stream: &mut (impl AsyncRead + Unpin), bytes: &[u8]) {
    let mut read = vec![0; bytes.len()];
    timeout(PATIENCE, stream.read_exact(&mut read)).await.expect("nothing comes").unwrap();
    assert_eq!(read, bytes);
}

/// Nothing more comes; whether it was ended or cut is the same to a terminal.
async fn expect_end(stream: &mut (impl AsyncRead + Unpin)) {
    let mut rest = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("it stays open");
    assert_eq!(rest, b"");
}

#[tokio::test]
async fn what_one_side_ends_is_ended_for_the_other_which_may_still_speak() {
    let (house, opencode) = (House::new(), Opencode::start().await);
    let relay = Running::start(&house, &opencode.url()).await;
    let (mut client, mut server) = connect(&house, &opencode, "login-1").await;
    client.shutdown().await.unwrap();
    expect_end(&mut server).await;
    server.write_all(b"bye").await.unwrap();
    server.shutdown().await.unwrap();
    expect(&mut client, b"bye").await;
    expect_end(&mut client).await;

    // A side that is lost takes the other along.
    let (client, mut server) = connect(&house, &opencode, "login-1").await;
    drop(client);
    expect_end(&mut server).await;
    let (mut client, server) = connect(&house, &opencode, "login-1").await;
    drop(server);
    expect_end(&mut client).await;

    // So does the end of the service.
    let (mut client, mut server) = connect(&house, &opencode, "login-1").await;
    relay.stop().await;
    expect_end(&mut client).await;
    expect_end(&mut server).await;
}

#[tokio::test]
async fn a_revoked_login_loses_its_terminals() {
    let (house, opencode) = (House::new(), Opencode::start().await);
    let relay = Running::start(&house, &opencode.url()).await;
    let (holds, held) = watch::channel(true);
    let _auth = OnSocket::start(&house.socket("auth"), scripted::auth("login-1", held));
    let (mut client, mut server) = connect(&house, &opencode, "login-1").await;
    holds.send(false).unwrap();
    expect_end(&mut client).await;
    expect_end(&mut server).await;
    relay.stop().await;
}

#[tokio::test]
async fn a_terminal_that_nobody_reads_is_held_up_and_not_collected() {
    let (house, opencode) = (House::new(), Opencode::start().await);
    let relay = Running::start(&house, &opencode.url()).await;
    let (client, mut server) = connect(&house, &opencode, "login-1").await;
    let (mut written, chunk) = (0, vec![b'x'; 64 << 10]);
    while let Ok(wrote) = timeout(Duration::from_secs(2), server.write(&chunk)).await {
        written += wrote.unwrap();
        assert!(written < 64 << 20, "{written} bytes are held for who does not read");
    }
    println!("{written} bytes until it is held up");
    drop(client);
    relay.stop().await;
}
