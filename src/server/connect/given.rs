//! What a consent gives, compared with the workspace's pages: what becomes of each, and what can be chosen. Pure.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Account, AttemptState, GrantId, Link, LocationId, PageId, Trouble},
    server::{
        networks::{RemotePage, Unusable},
        pages::Standing,
    },
};

/// A page that a consent gave, as it is kept while somebody chooses. Its token is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offered {
    /// Which.
    pub account: Account,
    /// What it is called in addresses there.
    #[serde(default)]
    pub handle: Option<String>,
    /// Why it cannot be connected.
    #[serde(default)]
    pub unusable: Option<Unusable>,
}

impl From<&RemotePage> for Offered {
    fn from(page: &RemotePage) -> Self {
        let RemotePage { account, handle, usable, .. } = page;
        Self { account: account.clone(), handle: handle.clone(), unusable: usable.as_ref().err().copied() }
    }
}

/// What an approval comes to for the page that it was opened for.
pub enum Which {
    /// It is this account.
    This(RemotePage),
    /// The person chooses.
    Several,
    /// The same person approved, and the page is not among theirs any more.
    Lost,
    /// Nothing is connected.
    None(AttemptState),
}

/// A pinned page takes only its own account. Else: the only page that is free, or the person chooses.
pub fn which(own: &Standing, others: &[Standing], given: &[RemotePage], by: By<'_>) -> Which {
    if let Some(pinned) = own.link.pinned_to() {
        let listed = given.iter().find(|page| page.account.id == pinned.id);
        return match listed {
            Some(page) if page.usable.is_ok() => Which::This(page.clone()),
            _ if by.known.is_some() && own.grant == by.known => Which::Lost,
            Some(_) => Which::None(AttemptState::Failed(Trouble::NoPages)),
            None => {
                let got = given.first().map_or(by.person, |page| &page.account).clone();
                Which::None(AttemptState::WrongAccount { expected: pinned.clone(), got })
            }
        };
    }
    if let [only] = given
        && only.usable.is_ok()
    {
        // Two locations may be one account, where the network gives no other.
        return Which::This(only.clone());
    }
    let is_taken = |page: &RemotePage| others.iter().any(|other| is_pinned_to(&other.link, &page.account));
    let mut free = given.iter().filter(|page| page.usable.is_ok() && !is_taken(page));
    match (free.next(), free.next()) {
        (Some(only), None) => Which::This(only.clone()),
        (None, _) => Which::None(AttemptState::Failed(Trouble::NoPages)),
        _ => Which::Several,
    }
}

/// Who approved.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// The person.
    pub person: &'a Account,
    /// The grant that the workspace holds of them already.
    pub known: Option<GrantId>,
}

/// What a consent makes of another page of the workspace.
#[derive(Debug)]
pub enum Becomes<'a> {
    /// It works, through this.
    Healed(&'a RemotePage),
    /// Its account is not chosen yet, and what it can be chosen from works.
    StillUnchosen,
    /// The consent left it out.
    Lost,
    /// It is none of this consent's business.
    AsItIs,
}

/// What becomes of a page that is not the one that the attempt was opened for, when `grant` is renewed. Only a whole list
/// leaves a page out.
pub fn becomes<'a>(standing: &Standing, grant: GrantId, (given, is_whole): (&'a [RemotePage], bool)) -> Becomes<'a> {
    let hangs_on_it = standing.grant == Some(grant);
    let Some(connection) = standing.link.connection() else { return Becomes::AsItIs };
    let Some(account) = &connection.account else {
        return if hangs_on_it { Becomes::StillUnchosen } else { Becomes::AsItIs };
    };
    let is_broken = matches!(standing.link, Link::Broken(..));
    match given.iter().find(|page| page.account.id == account.id && page.usable.is_ok()) {
        // What lives by somebody else's permission stays with it.
        Some(page) if hangs_on_it || is_broken => Becomes::Healed(page),
        None if hangs_on_it && !is_broken && is_whole => Becomes::Lost,
        _ => Becomes::AsItIs,
    }
}

/// Why a page cannot be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhyNot {
    /// Another location has it.
    TakenBy(LocationId),
    /// The network, or its person's role there.
    Unusable(Unusable),
}

/// The offered pages with what keeps them from being chosen: free ones first, unusable ones last.
pub fn sorted(offered: &[Offered], others: &[Standing]) -> Vec<(Offered, Option<WhyNot>)> {
    let why_not = |page: &Offered| {
        let taken = others.iter().find(|other| is_pinned_to(&other.link, &page.account));
        let taken = taken.map(|other| WhyNot::TakenBy(other.location));
        page.unusable.map(WhyNot::Unusable).or(taken)
    };
    let mut all: Vec<_> = offered.iter().map(|page| (page.clone(), why_not(page))).collect();
    all.sort_by_key(|(_, why_not)| match why_not {
        None => 0,
        Some(WhyNot::TakenBy(_)) => 1,
        Some(WhyNot::Unusable(_)) => 2,
    });
    all
}

fn is_pinned_to(link: &Link, account: &Account) -> bool {
    link.pinned_to().is_some_and(|pin| pin.id == account.id)
}

/// Which account fits which page, by the names: a page and an account that share a word that is not in every name, if
/// for both no other fits as well. Whatever is doubtful is left to the person.
pub fn fitting<'a>(pages: &[(PageId, &str)], accounts: &[&'a Account]) -> Vec<(PageId, &'a Account)> {
    let of_pages: Vec<_> = pages.iter().map(|(_, name)| telling_words(name)).collect();
    let mut of_accounts: Vec<_> = accounts.iter().map(|account| telling_words(&account.name)).collect();
    if let [first, rest @ ..] = &of_accounts[..]
        && !rest.is_empty()
    {
        let is_common = |word: &&String| rest.iter().all(|words| words.contains(*word));
        let common: Vec<_> = first.iter().filter(is_common).cloned().collect();
        for words in &mut of_accounts {
            words.retain(|word| !common.contains(word));
        }
    }
    let score =
        |page: usize, account: usize| of_pages[page].iter().filter(|word| of_accounts[account].contains(word)).count();
    let best = |scores: Vec<usize>| {
        let most = scores.iter().copied().max().filter(|most| *most > 0)?;
        let mut at = scores.iter().enumerate().filter(|(_, score)| **score == most).map(|(at, _)| at);
        at.next().filter(|_| at.next().is_none())
    };
    let account_of = |page: usize| best((0..accounts.len()).map(|account| score(page, account)).collect());
    let page_of = |account: usize| best((0..pages.len()).map(|page| score(page, account)).collect());
    (0..pages.len())
        .filter_map(|page| {
            let account = account_of(page)?;
            (page_of(account) == Some(page)).then(|| (pages[page].0, accounts[account]))
        })
        .collect()
}

fn telling_words(name: &str) -> Vec<String> {
    name.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests;
