use proptest::prelude::*;
use tokio::net::TcpListener;

use super::*;

const NAME: &str = "_atproto.bondi.example";

/// An answer as a resolver writes it: these records after the question, each with its kind.
fn answer(question: &[u8], flags: [u8; 2], records: &[(u16, Vec<u8>)]) -> Vec<u8> {
    let mut answer = question.to_vec();
    (answer[2], answer[3]) = (flags[0], flags[1]);
    answer[6..8].copy_from_slice(&u16::try_from(records.len()).expect("a few").to_be_bytes());
    for (kind, data) in records {
        // A pointer to the name of the question.
        answer.extend_from_slice(&[0xc0, 12]);
        answer.extend_from_slice(&kind.to_be_bytes());
        answer.extend_from_slice(&[0, 1, 0, 0, 1, 0]);
        answer.extend_from_slice(&u16::try_from(data.len()).expect("it is short").to_be_bytes());
        answer.extend_from_slice(data);
    }
    answer
}

fn txt(pieces: &[&str]) -> (u16, Vec<u8>) {
    let piece = |piece: &&str| [&[u8::try_from(piece.len()).expect("it is short")], piece.as_bytes()].concat();
    (16, pieces.iter().flat_map(piece).collect())
}

const FINE: [u8; 2] = [0x81, 0x80];

#[test]
fn the_texts_of_a_name_are_read_also_behind_another_name_and_in_pieces() {
    let question = question(NAME).expect("a name");
    let other = (5, b"\x05other\x07example\0".to_vec());
    let said = answer(&question, FINE, &[other, txt(&["did=did:plc:", "abc"]), txt(&["v=spf1"])]);
    assert!(is_to(&question, &said));
    assert_eq!(read(&question, &said), Some(vec!["did=did:plc:abc".to_owned(), "v=spf1".to_owned()]));
    assert_eq!(read(&question, &answer(&question, [0x81, 0x83], &[])), Some(vec![]), "there is no such name");
    assert_eq!(read(&question, &answer(&question, [0x81, 0x82], &[])), None, "it could not say");
    assert_eq!(super::question(&"a".repeat(64)), None);
    assert_eq!(super::question("a..b"), None);
}

#[test]
fn what_answers_another_question_is_not_heard() {
    let question = question(NAME).expect("a name");
    let fine = answer(&question, FINE, &[txt(&["x"])]);
    let other_number = [&[fine[0] ^ 1], &fine[1..]].concat();
    let mut other_name = fine.clone();
    other_name[HEAD + 1] ^= 1;
    let mut no_answer = fine.clone();
    no_answer[2] &= 0x7f;
    for bad in [other_number, other_name, no_answer, fine[..20].to_vec(), vec![]] {
        assert!(!is_to(&question, &bad), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(bytes in proptest::collection::vec(any::<u8>(), 0..600), cut in 0_usize..80) {
        let question = question(NAME).expect("a name");
        let _ = (is_to(&question, &bytes), read(&question, &bytes));
        let fine = answer(&question, FINE, &[txt(&["did=did:plc:abc"]), txt(&[])]);
        let broken = [&fine[..cut.min(fine.len())], &bytes[..]].concat();
        let _ = (is_to(&question, &broken), read(&question, &broken));
    }
}

#[tokio::test]
async fn the_next_resolver_is_asked_where_one_is_silent_and_a_long_answer_comes_over_tcp() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let long = "x".repeat(200);
    let speaks = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    let at = speaks.local_addr().expect("it listens");
    let at_length = TcpListener::bind(at).await.expect("the same port");
    let texts: Vec<_> = (0..4).map(|_| txt(&[&long])).collect();
    tokio::spawn(async move {
        let mut asked = vec![0; DATAGRAM];
        let (length, from) = speaks.recv_from(&mut asked).await.expect("a question");
        // Somebody else's word first, then: too long.
        let mut forged = answer(&asked[..length], FINE, &[txt(&["forged"])]);
        forged[0] ^= 1;
        speaks.send_to(&forged, from).await.expect("sent");
        speaks.send_to(&answer(&asked[..length], [0x83, 0x80], &[]), from).await.expect("sent");
        let (mut stream, _) = at_length.accept().await.expect("it comes again");
        let mut asked = vec![0; usize::from(stream.read_u16().await.expect("a length"))];
        stream.read_exact(&mut asked).await.expect("a question");
        let said = answer(&asked, FINE, &texts);
        stream.write_u16(u16::try_from(said.len()).expect("it fits")).await.expect("sent");
        stream.write_all(&said).await.expect("sent");
    });
    let resolvers = [silent.local_addr().expect("it listens"), at];
    assert_eq!(texts_from(&resolvers, NAME).await, vec![long; 4]);
}

#[test]
fn the_machines_own_resolvers_are_asked() {
    let configured = "# nameserver 9.9.9.9\nsearch lan\nnameserver 127.0.0.53\n nameserver fd00::1 \nnameserver x\n";
    let found: Vec<_> = resolvers(configured).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["127.0.0.53:53", "[fd00::1]:53"]);
}
