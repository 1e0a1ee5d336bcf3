//! What the window remembers between starts: ids and preferences only. Deleting the file loses no data.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chart::PairChoice;

use super::screen::ScreenId;
use super::widget::grid::fields::Look as TableLook;
use super::workspace::{self, Layout};

/// How many files are remembered.
const RECENT_LIMIT: usize = 20;

/// Light, dark, or as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Look {
    /// As the system has it.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Look {
    /// All looks, in menu order.
    pub(crate) const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The look's name on screens.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::System => "As the system",
            Self::Light => "Light",
            Self::Dark => "Dark",
        }
    }

    /// The look with this name, as the command line spells it.
    pub fn find(id: &str) -> Option<Self> {
        match id {
            "system" => Some(Self::System),
            "light" => Some(Self::Light),
            "dark" => Some(Self::Dark),
            _ => None,
        }
    }
}

/// Preferences and places, saved as JSON in the settings folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewState {
    /// Light or dark.
    pub look: Look,
    /// Size of everything, 0.5 to 3.
    pub zoom: f32,
    /// Files opened lately, newest first.
    pub recent: Vec<PathBuf>,
    /// Whether the inspector is shown.
    pub inspector: bool,
    /// Colours of signed values.
    pub pair: PairChoice,
    /// Whether things move.
    pub motion: bool,
    /// Who signs reports.
    pub author: String,
    /// Where files were written last.
    pub folder: Option<PathBuf>,
    /// The tiles of each screen, by its name.
    #[serde(deserialize_with = "workspace::lenient")]
    pub layouts: BTreeMap<String, Layout>,
    /// Which columns of tables are shown, and in which order.
    pub table: TableLook,
    /// The screen shown. Every start begins at the first.
    #[serde(skip)]
    pub screen: ScreenId,
    /// The settings folder; without one nothing is saved.
    #[serde(skip)]
    home: Option<PathBuf>,
}

impl Default for ViewState {
    fn default() -> Self {
        Self {
            look: Look::System,
            zoom: 1.0,
            recent: Vec::new(),
            inspector: true,
            pair: PairChoice::Standard,
            motion: true,
            author: String::new(),
            folder: None,
            layouts: BTreeMap::new(),
            table: TableLook::default(),
            screen: ScreenId::Start,
            home: None,
        }
    }
}

impl ViewState {
    /// What was saved, or defaults where nothing readable was.
    pub(crate) fn load() -> Self {
        Self::of(home())
    }

    /// What was saved in this settings folder, which is used from now on.
    pub fn in_folder(folder: &Path) -> Self {
        Self::of(Some(folder.to_owned()))
    }

    fn of(home: Option<PathBuf>) -> Self {
        let text = home.as_ref().and_then(|h| std::fs::read_to_string(h.join("view.json")).ok());
        let mut state: Self = text.and_then(|t| serde_json::from_str(&t).ok()).unwrap_or_default();
        state.recent.truncate(RECENT_LIMIT);
        state.home = home;
        state.set_zoom(state.zoom);
        state
    }

    /// The settings folder.
    pub(crate) fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Everything as at the very first start, but the files, the folder and the name that were typed or chosen.
    pub(crate) fn reset_look(&mut self) {
        *self = Self {
            recent: std::mem::take(&mut self.recent),
            author: std::mem::take(&mut self.author),
            folder: self.folder.take(),
            home: self.home.take(),
            ..Self::default()
        };
    }

    /// What a session file keeps of it, as JSON: the screen, the arrangements of tiles, the look of tables.
    pub fn session_text(&self) -> String {
        serde_json::json!({
            "screen": super::screen::get(self.screen).name(),
            "inspector": self.inspector,
            "layouts": self.layouts,
            "table": self.table,
        })
        .to_string()
    }

    /// Takes over what a session file kept; what is not understood changes nothing.
    pub(crate) fn take_session_text(&mut self, text: &str) {
        let kept: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
        let screen = kept.get("screen").and_then(serde_json::Value::as_str).and_then(ScreenId::find);
        self.screen = screen.unwrap_or(ScreenId::Data);
        if let Some(inspector) = kept.get("inspector").and_then(serde_json::Value::as_bool) {
            self.inspector = inspector;
        }
        if let Some(layouts) = kept.get("layouts").and_then(|layouts| workspace::lenient(layouts).ok()) {
            self.layouts = layouts;
        }
        if let Some(table) = kept.get("table").and_then(|table| TableLook::deserialize(table).ok()) {
            self.table = table;
        }
    }

    /// Saves; a settings folder that cannot be written is no reason to disturb anyone.
    pub(crate) fn save(&self) {
        let Some(folder) = self.home.clone() else { return };
        let Ok(text) = serde_json::to_string_pretty(self) else { return };
        if std::fs::create_dir_all(&folder).is_ok() {
            // Written beside and renamed, so that a crash leaves the old file whole.
            let draft = folder.join("view.json.new");
            if std::fs::write(&draft, text).is_ok() {
                drop(std::fs::rename(&draft, folder.join("view.json")));
            }
        }
    }

    /// Remembers a file as the newest.
    pub(crate) fn remember(&mut self, path: &Path) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        self.recent.retain(|p| *p != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_LIMIT);
    }

    /// Sets the zoom, kept between 50 and 300 percent.
    pub(crate) fn set_zoom(&mut self, zoom: f32) {
        self.zoom = if zoom.is_finite() { zoom.clamp(0.5, 3.0) } else { 1.0 };
    }

    /// The folder offered first in dialogs.
    pub(crate) fn start_folder(&self) -> PathBuf {
        let recent = self.recent.first().and_then(|p| p.parent().map(Path::to_owned));
        self.folder.clone().or(recent).or_else(|| std::env::current_dir().ok()).unwrap_or_default()
    }
}

/// The settings folder: `CANDOR_HOME` when set (portable use), else the system's place.
fn home() -> Option<PathBuf> {
    match std::env::var_os("CANDOR_HOME") {
        Some(path) if !path.is_empty() => Some(PathBuf::from(path)),
        _ => directories::ProjectDirs::from("", "", "candor").map(|dirs| dirs.config_dir().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recent_files_are_unique_newest_first_and_bounded() {
        let mut view = ViewState::default();
        for i in 0..30 {
            view.remember(Path::new(&format!("/t/{i}.csv")));
        }
        view.remember(Path::new("/t/20.csv"));
        assert_eq!(view.recent.len(), RECENT_LIMIT);
        assert_eq!(view.recent.first().map(PathBuf::as_path), Some(Path::new("/t/20.csv")));
        assert_eq!(view.recent.iter().filter(|p| p.ends_with("20.csv")).count(), 1);
    }

    #[test]
    fn a_damaged_zoom_becomes_a_usable_one() {
        let mut view = ViewState::default();
        view.set_zoom(f32::NAN);
        assert!((view.zoom - 1.0).abs() < f32::EPSILON);
        view.set_zoom(99.0);
        assert!((view.zoom - 3.0).abs() < f32::EPSILON);
    }

    #[test]
    fn unknown_fields_and_missing_fields_are_no_loss() {
        let view: ViewState = serde_json::from_str(r#"{"look":"dark","from_the_future":1}"#).unwrap();
        assert_eq!(view.look, Look::Dark);
        assert!(view.inspector);
    }
}
