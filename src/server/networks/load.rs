//! Reading the definitions: those in the binary, and those that an operator puts beside it.

use std::{borrow::Cow, collections::BTreeMap, path::Path};

use rust_embed::RustEmbed;

use super::{Definition, Extra, definition::SAMPLES};
use crate::{domain::NetworkId, server::settings::with_nearest};

#[derive(RustEmbed)]
#[folder = "networks"]
struct BuiltIn;

/// Why a definition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// The file is not what a definition is; the cause names line and field.
    #[error("the network definition {file} has an error: {cause}")]
    Wrong {
        /// Which file.
        file: String,
        /// Where and what.
        cause: String,
    },
    /// The file's name and its `id` differ.
    #[error("the network definition {file} says id = {id:?}; name the file {id}.toml, or change the id")]
    Named {
        /// Which file.
        file: String,
        /// What it says.
        id: String,
    },
    /// Two definitions have one issuer and not the same doors, so that a callback could come from either (RFC 9207, section 4).
    #[error("the networks {one} and {other} have the same issuer; each needs its own")]
    SameIssuer {
        /// The one.
        one: NetworkId,
        /// The other.
        other: NetworkId,
    },
    /// The folder or a file in it cannot be read.
    #[error("the network definitions in {folder} cannot be read: {cause}")]
    Folder {
        /// Which folder.
        folder: String,
        /// What the system says.
        cause: std::io::Error,
    },
}

/// Reads every definition. `folder` overrides and adds; `sandbox` is the sandbox's address, without which its networks
/// are left out.
///
/// # Errors
/// [`DefinitionError`] names the file, and where it can the line and the field.
pub fn load(folder: Option<&Path>, sandbox: Option<&str>) -> Result<Vec<Definition>, DefinitionError> {
    let mut files: BTreeMap<String, String> = BuiltIn::iter()
        .filter(|name| name.ends_with(".toml"))
        .filter_map(|name| BuiltIn::get(&name).map(|file| (name.to_string(), file)))
        .map(|(name, file)| (name, String::from_utf8_lossy(&file.data).into_owned()))
        .collect();
    if let Some(folder) = folder {
        files.extend(read_folder(folder)?);
    }
    let mut all = Vec::new();
    for (file, text) in files {
        let text = with_vars(text);
        let text = match sandbox {
            Some(origin) => text.replace("{sandbox}", origin),
            None if text.contains("{sandbox}") => continue,
            None => text,
        };
        all.push(parse(&file, &text)?);
    }
    no_shared_issuer(&all)?;
    Ok(all)
}

/// Reads the definition in a file.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path) -> Result<Definition, DefinitionError> {
    let named = |cause| DefinitionError::Folder { folder: file.display().to_string(), cause };
    let text = std::fs::read_to_string(file).map_err(named)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    parse(&name, &with_vars(text.replace("{sandbox}", "http://localhost:8411")))
}

/// The text with what its `vars` say. A file that cannot be read is left as it is; reading it tells where.
fn with_vars(text: String) -> String {
    let table: Option<toml::Table> = toml::from_str(&text).ok();
    let vars = table.as_ref().and_then(|table| table.get("vars")?.as_table()).cloned().unwrap_or_default();
    vars.iter().fold(text, |text, (name, value)| match value.as_str() {
        Some(value) => text.replace(&format!("{{{name}}}"), value),
        None => text,
    })
}

fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, DefinitionError> {
    let named = |cause| DefinitionError::Folder { folder: folder.display().to_string(), cause };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(named)? {
        let path = entry.map_err(named)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push((name, std::fs::read_to_string(&path).map_err(named)?));
        }
    }
    Ok(files)
}

/// Reads one definition.
///
/// # Errors
/// As [`load`].
pub fn parse(file: &str, text: &str) -> Result<Definition, DefinitionError> {
    let wrong = |cause: toml::de::Error| {
        let cause = cause.to_string().replace(cause.message(), &with_nearest(cause.message())).trim_end().to_owned();
        DefinitionError::Wrong { file: file.to_owned(), cause }
    };
    let mut definition: Definition = toml::from_str(&sampled(text)).map_err(wrong)?;
    if let Some(instance) = &definition.instance {
        if let Some(cause) = instance.trouble() {
            let line = 1 + text.lines().position(|line| line.trim() == "[instance]").unwrap_or_default();
            let cause = format!("at line {line}, in [instance]: {cause}");
            return Err(DefinitionError::Wrong { file: file.to_owned(), cause });
        }
        definition.source = text.into();
    }
    if definition.authorize.par == Extra::Required && definition.authorize.par_url.is_none() {
        let line = 1 + text.lines().position(|line| line.trim_start().starts_with("par")).unwrap_or_default();
        let cause = format!("at line {line}, in [authorize]: par = \"required\" needs par_url");
        return Err(DefinitionError::Wrong { file: file.to_owned(), cause });
    }
    let stem = Path::new(file).file_stem().unwrap_or_default();
    if *stem != *definition.id.0 {
        return Err(DefinitionError::Named { file: file.to_owned(), id: definition.id.0 });
    }
    Ok(definition)
}

/// The text as it could be at an address that somebody typed, so that its fields can be read before anybody does.
fn sampled(text: &str) -> Cow<'_, str> {
    let table: Option<toml::Table> = toml::from_str(text).ok();
    if !table.is_some_and(|table| table.contains_key("instance")) {
        return text.into();
    }
    SAMPLES.iter().fold(text.to_owned(), |text, (name, word)| text.replace(&format!("{{{name}}}"), word)).into()
}

pub(in crate::server) fn no_shared_issuer(all: &[Definition]) -> Result<(), DefinitionError> {
    for (index, one) in all.iter().enumerate() {
        // Two products of one server, such as Google's, are no two servers.
        let doors = |one: &Definition| (one.authorize.url.clone(), one.token.url.clone());
        // Where people type an address, the issuer is that address's own.
        let is_other = |other: &&Definition| {
            other.issuer == one.issuer
                && doors(other) != doors(one)
                && other.instance.is_none()
                && one.instance.is_none()
        };
        if let Some(other) = all[index + 1..].iter().find(is_other) {
            return Err(DefinitionError::SameIssuer { one: one.id.clone(), other: other.id.clone() });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_in_the_binary_is_whole() {
        let all = load(None, Some("http://localhost:1")).expect("built-in definitions are right");
        assert!(all.iter().any(|definition| definition.id.0 == "chirper"));
    }

    #[test]
    fn a_typing_mistake_is_told_with_file_line_and_field() {
        let error = parse("x.toml", "id = \"x\"\nname = \"X\"\nisuer = \"x\"\n").expect_err("isuer is no field");
        let text = error.to_string();
        assert!(
            text.contains("x.toml") && text.contains("line 3") && text.contains("did you mean `issuer`?"),
            "{text}"
        );
    }

    #[test]
    fn a_value_that_cannot_work_is_told_with_file_line_and_field() {
        let good = "id = \"x\"\nname = \"X\"\nissuer = \"x\"\n[authorize]\nurl = \"https://x.example/a\"\n[token]\n\
             url = \"https://x.example/t\"\nauth = \"basic\"\n[abilities]\n[person]\nask = \"https://x.example/m\"\n\
             id = \"id\"\nname = \"name\"\n";
        assert!(parse("x.toml", good).is_ok());
        for (right, wrong, line, field, cause) in [
            ("https://x.example/t", "nonsense", 7, "url", "no usable address"),
            ("https://x.example/t", "http://x.example/t", 7, "url", "https"),
            ("https://x.example/m", "https://u:p@x.example/m", 11, "ask", "password"),
            ("https://x.example/a", "https://x.example/a?state=1", 5, "url", "the parameter state"),
            ("[token]", "params = { client_id = \"x\" }\n[token]", 6, "params", "the parameter client_id"),
            ("[token]", "[token]\nscope_separator = \"\"", 7, "scope_separator", "empty"),
            ("\"X\"", "\"\"", 2, "name", "empty"),
            ("[token]", "par = \"required\"\n[token]", 6, "par", "par_url"),
            ("[token]", "params = { request_uri = \"x\" }\n[token]", 6, "params", "the parameter request_uri"),
            (
                "name = \"name\"\n",
                "name = \"name\"\n[[refusals]]\nmeans = \"removed\"\n",
                14,
                "refusals",
                "every answer",
            ),
        ] {
            let text = parse("x.toml", &good.replace(right, wrong)).expect_err(wrong).to_string();
            let place = format!("line {line},");
            assert!([&place, "x.toml", field, cause].iter().all(|part| text.contains(*part)), "{text}");
        }
    }
}
