//! Answers in a session's file: kept unless they are not wanted, and taken over instead of being computed again.

use std::path::Path;

use candor::base::Seed;
use candor::explain::Body;
use candor::session::{CohortBy, Command, Plan, Session};
use candor::worker::inline;

/// Carries out a command and answers the titles of the jobs that this took.
fn run(session: &mut Session, command: Command) -> Vec<String> {
    let mut titles = Vec::new();
    let jobs = session.apply(command);
    inline::run_all(session, jobs, |job| titles.push(job.title.clone()));
    assert_eq!(session.problems(), []);
    titles
}

fn explained() -> Session {
    let mut session = Session::headless();
    run(&mut session, Command::OpenSample("credit".to_owned()));
    run(&mut session, Command::SetPlan(Plan { seed: Seed(7), ..Plan::default() }));
    run(&mut session, Command::Explain);
    session
}

fn save(session: &mut Session, path: &Path) {
    run(session, Command::SaveSession { path: path.to_owned(), view: String::new(), copies: false });
    assert!(!session.is_changed());
}

fn bits(session: &Session) -> Vec<u64> {
    match &session.attribution().expect("explained").body {
        Body::Attribution(attribution) => attribution.values.iter().map(|v| v.to_bits()).collect(),
        _ => unreachable!("only attributions are explained"),
    }
}

fn explains(titles: &[String]) -> bool {
    titles.iter().any(|title| title.starts_with("Explaining") && title.ends_with(" rows"))
}

#[test]
fn a_saved_session_and_its_recovery_compute_no_answer_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let mut session = explained();
    save(&mut session, &file);
    let mut opened = Session::new();
    let titles = run(&mut opened, Command::Open(file));
    assert!(!explains(&titles), "{titles:?}");
    assert_eq!(bits(&opened), bits(&session));
    let titles = run(&mut opened, Command::Explain);
    assert!(!explains(&titles), "the same question is answered already: {titles:?}");
    // A crash after one more decision: the journal knows it, the file knows the answers.
    run(&mut opened, Command::SetThreshold(0.25));
    let mut restored = Session::new();
    let titles = run(&mut restored, Command::Restore(Box::new(opened.document())));
    assert!(!explains(&titles), "{titles:?}");
    assert_eq!(bits(&restored), bits(&session));
    assert!((restored.threshold() - 0.25).abs() < f64::EPSILON && restored.is_changed());
}

#[test]
fn answers_that_are_not_wanted_stay_out_of_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [with, without] = ["with", "without"].map(|name| folder.path().join(format!("{name}.candor")));
    let size = |path: &Path| std::fs::metadata(path).expect("written").len();
    let mut session = explained();
    assert!(session.keeps_answers(), "small answers are kept without being asked for");
    save(&mut session, &with);
    run(&mut session, Command::KeepAnswers(false));
    save(&mut session, &without);
    // 1 000 rows × 9 features, each a number of 8 bytes.
    assert!(size(&with) > size(&without) + 72_000 && session.answers_bytes() >= 72_000);
    let mut opened = Session::new();
    run(&mut opened, Command::Open(without.clone()));
    assert!(opened.attribution().is_none() && !opened.keeps_answers(), "it goes on as it was saved");
    assert_eq!(opened.plan().seed, Seed(7));
    run(&mut opened, Command::Explain);
    assert_eq!(bits(&opened), bits(&session));
    save(&mut opened, &without);
    run(&mut opened, Command::KeepAnswers(true));
    save(&mut opened, &without);
    let mut again = Session::new();
    run(&mut again, Command::Open(without));
    assert_eq!(bits(&again), bits(&session));
}

#[test]
fn answers_against_a_query_are_known_again_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("work.candor");
    let cohort = |by: &str| Command::SetCohort("young".to_owned(), CohortBy::Query(by.to_owned()));
    let mut session = explained();
    run(&mut session, Command::OpenChallenger(super::session::sample("models/credit-lightgbm.txt")));
    run(&mut session, cohort("age < 30"));
    let background_where = Some("cohort young = yes and prediction < 0.5".to_owned());
    let plan = Plan { background_where, ..session.plan().clone() };
    run(&mut session, Command::SetPlan(plan));
    let titles = run(&mut session, Command::Explain);
    assert!(explains(&titles));
    save(&mut session, &file);
    let mut opened = Session::new();
    let titles = run(&mut opened, Command::Open(file));
    let again: Vec<&String> = titles.iter().filter(|t| t.starts_with("Explaining")).collect();
    assert_eq!(again, ["Explaining the challenger"], "the champion’s answer is kept");
    assert_eq!(bits(&opened), bits(&session));
    let challenge =
        |s: &Session| s.challenger().and_then(|c| c.challenge()).expect("both are explained").both().1.clone();
    assert_eq!(challenge(&opened).values, challenge(&session).values);
    assert!(!explains(&run(&mut opened, Command::Explain)), "the same question is answered already");
    run(&mut opened, cohort("age < 31"));
    assert!(explains(&run(&mut opened, Command::Explain)), "other rows are another question");
    run(&mut opened, cohort("age < 30"));
    assert!(!explains(&run(&mut opened, Command::Explain)), "and these are the first again");
    run(&mut opened, Command::SetThreshold(0.25));
    assert!(explains(&run(&mut opened, Command::Explain)), "a query may ask for what depends on it");
}
