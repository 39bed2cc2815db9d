//! What the DNS says of a name in words (TXT): one question to the resolver that this machine uses itself.
//!
//! A resolver of our own would be a dozen crates for this one question; and asking somebody's by HTTPS would tell them
//! whom our people connect. So it is the plain protocol (RFC 1035), and every byte of an answer is looked at before it is
//! believed.

use std::{io, net::SocketAddr, time::Duration};

use ring::rand::{SecureRandom, SystemRandom};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
};

const RESOLVERS: &str = "/etc/resolv.conf";
/// For one resolver.
const PATIENCE: Duration = Duration::from_secs(3);
/// What a datagram may hold without agreement (RFC 1035, section 4.2.1).
const DATAGRAM: usize = 512;
const HEAD: usize = 12;
/// The kind of what is asked for, and its class: TXT, IN.
const ASKED: [u8; 4] = [0, 16, 0, 1];

/// The texts of a name; none where nobody answers.
pub(super) async fn texts(name: &str) -> Vec<String> {
    let configured = tokio::fs::read_to_string(RESOLVERS).await.unwrap_or_default();
    texts_from(&resolvers(&configured), name).await
}

fn resolvers(configured: &str) -> Vec<SocketAddr> {
    let addresses = configured.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    addresses.filter_map(|address| Some(SocketAddr::new(address.trim().parse().ok()?, 53))).collect()
}

async fn texts_from(resolvers: &[SocketAddr], name: &str) -> Vec<String> {
    for resolver in resolvers {
        let Some(question) = question(name) else { return vec![] };
        let answer = tokio::time::timeout(PATIENCE, ask(*resolver, &question)).await;
        if let Ok(Ok(answer)) = answer
            && let Some(texts) = read(&question, &answer)
        {
            return texts;
        }
    }
    vec![]
}

async fn ask(resolver: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any = if resolver.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    // A port that nobody can guess, and only this resolver is heard.
    let socket = UdpSocket::bind(any).await?;
    socket.connect(resolver).await?;
    socket.send(question).await?;
    let mut answer = vec![0; DATAGRAM];
    loop {
        let length = socket.recv(&mut answer).await?;
        if !is_to(question, &answer[..length]) {
            continue;
        }
        answer.truncate(length);
        break;
    }
    let is_cut = answer[2] & 2 != 0;
    if is_cut { ask_at_length(resolver, question).await } else { Ok(answer) }
}

/// What was too long for a datagram.
async fn ask_at_length(resolver: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(resolver).await?;
    let length = u16::try_from(question.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
    let mut answer = vec![0; usize::from(stream.read_u16().await?)];
    stream.read_exact(&mut answer).await?;
    if is_to(question, &answer) { Ok(answer) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// `None`: it is no name.
fn question(name: &str) -> Option<Vec<u8>> {
    let mut question = vec![0; HEAD];
    SystemRandom::new().fill(&mut question[..2]).ok()?;
    // Recursion is desired; one question.
    (question[2], question[5]) = (1, 1);
    for label in name.split('.') {
        question.push(u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length))?);
        question.extend_from_slice(label.as_bytes());
    }
    question.push(0);
    question.extend_from_slice(&ASKED);
    (name.len() <= 253).then_some(question)
}

/// Whether it answers this question and no other.
fn is_to(question: &[u8], answer: &[u8]) -> bool {
    let is_answer = answer.get(..2) == question.get(..2) && answer.get(2).is_some_and(|flags| flags & 0x80 != 0);
    let same = |said: &[u8]| said.eq_ignore_ascii_case(&question[HEAD..]);
    is_answer && answer.get(4..6) == Some(&[0, 1]) && answer.get(HEAD..question.len()).is_some_and(same)
}

/// The texts in it. `None`: the resolver could not say.
fn read(question: &[u8], answer: &[u8]) -> Option<Vec<String>> {
    match answer.get(3)? & 15 {
        0 => {}
        // There is no such name.
        3 => return Some(vec![]),
        _ => return None,
    }
    let (mut at, mut texts) = (question.len(), Vec::new());
    for _ in 0..u16::from_be_bytes([*answer.get(6)?, *answer.get(7)?]) {
        at = after_name(answer, at)?;
        let kind = answer.get(at..at + 4)?;
        let length = usize::from(u16::from_be_bytes([*answer.get(at + 8)?, *answer.get(at + 9)?]));
        let data = answer.get(at + 10..at + 10 + length)?;
        // Other kinds say only where the name really lies.
        if *kind == ASKED {
            texts.push(joined(data)?);
        }
        at += 10 + length;
    }
    Some(texts)
}

/// A name ends in an empty label, or in a pointer to where it goes on.
fn after_name(answer: &[u8], mut at: usize) -> Option<usize> {
    loop {
        match *answer.get(at)? {
            0 => return Some(at + 1),
            length if length & 0xc0 == 0xc0 => return Some(at + 2),
            length if length & 0xc0 == 0 => at += 1 + usize::from(length),
            _ => return None,
        }
    }
}

/// A text comes in pieces of 255 bytes at most.
fn joined(mut data: &[u8]) -> Option<String> {
    let mut text = Vec::new();
    while let Some((length, rest)) = data.split_first() {
        let length = usize::from(*length);
        text.extend_from_slice(rest.get(..length)?);
        data = &rest[length..];
    }
    String::from_utf8(text).ok()
}

#[cfg(test)]
mod tests;
