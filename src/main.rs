//! The program: reads its arguments, chooses a face, prints what failed and exits.

use std::process::ExitCode;

use candor::cli::{self, Common, Demo, Failure, Open, Sight, Verb};
#[cfg(feature = "app")]
use candor::cli::{Renderer, ThemeWord};

fn main() -> ExitCode {
    match cli::parse(std::env::args_os()).and_then(|(verb, common)| run(verb, common)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            cli::tell(&failure);
            ExitCode::from(failure.code())
        }
    }
}

fn run(verb: Verb, common: Common) -> Result<(), Failure> {
    match verb {
        Verb::Open(Open { files, with, sight }) => window((files, with), None, (sight, common)),
        // Whoever names a folder wants files; otherwise files are what is left where no window opens.
        Verb::Demo(Demo { out: None, with, sight }) if cli::has_display() => {
            match window((Vec::new(), with), Some("credit".to_owned()), (sight, common)) {
                Err(Failure::NoDisplay(_)) => cli::run(Verb::Demo(Demo::default()), common),
                other => other,
            }
        }
        other => cli::run(other, common),
    }
}

#[cfg(feature = "app")]
fn window(
    (files, challenger): (Vec<std::path::PathBuf>, Option<std::path::PathBuf>),
    sample: Option<String>,
    (sight, common): (Sight, Common),
) -> Result<(), Failure> {
    use candor::app::{self, Look, RendererChoice, RunOptions, ScreenId, ShotOptions};
    use candor::base::Problem;

    if !cli::has_display() {
        return Err(cli::no_display("neither DISPLAY nor WAYLAND_DISPLAY is set"));
    }
    let unknown = |id: &str| {
        let known: Vec<&str> = app::SCREENS.iter().map(|s| s.name()).collect();
        let hint = format!("Known screens: {}", known.join(", "));
        Failure::Usage(Problem::new(format!("There is no screen “{id}”"), "--screen", hint))
    };
    let screen = sight.screen.map(|id| ScreenId::find(&id).ok_or_else(|| unknown(&id))).transpose()?;
    let options = RunOptions {
        files,
        challenger,
        sample,
        renderer: common.renderer.map(|r| match r {
            Renderer::Wgpu => RendererChoice::Wgpu,
            Renderer::Glow => RendererChoice::Glow,
        }),
        look: sight.theme.map(|t| if t == ThemeWord::Dark { Look::Dark } else { Look::Light }),
        screen,
        size: sight.size.map(|(w, h)| (f32::from(w), f32::from(h))),
        screenshot: sight.screenshot.map(|file| ShotOptions { file }),
        steady: false,
    };
    app::run(&options).map_err(|error| cli::no_display(&error.to_string()))
}

#[cfg(not(feature = "app"))]
fn window(
    _: (Vec<std::path::PathBuf>, Option<std::path::PathBuf>),
    _: Option<String>,
    _: (Sight, Common),
) -> Result<(), Failure> {
    Err(cli::no_display("this build has no window"))
}
