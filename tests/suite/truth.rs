//! From a target column to the classes and numbers of a model.

use candor::data::{Column, Dataset, Role, Source, Values};
use candor::model::{ModelCard, ModelError, TaskKind, TruthColumn, truth};

use super::metrics::card;

fn category(levels: &[&str], codes: &[u32]) -> Values {
    Values::Category { codes: codes.into(), levels: levels.iter().map(|l| (*l).to_owned()).collect() }
}

fn number(values: &[f64]) -> Values {
    Values::Number { values: values.into(), whole: false }
}

fn of(card: &ModelCard, values: Values) -> Result<TruthColumn, ModelError> {
    let column = Column { name: "goal".into(), values };
    truth(card, &Dataset::new(Source::default(), vec![column]).expect("sound test input").with_role(0, Role::Target))
}

/// Missing compares as −1.
fn values(column: &TruthColumn) -> Vec<f64> {
    column.values.iter().map(|v| if v.is_nan() { -1.0 } else { *v }).collect()
}

#[test]
fn two_values_find_their_positive_class() {
    let model = card(TaskKind::Binary, 1);
    for (levels, positive) in [
        (["yes", "no"], "yes"),
        (["good", "bad"], "bad"),
        (["churned", "stayed"], "churned"),
        (["not sick", "sick"], "sick"),
        (["alpha", "beta"], "beta"),
        (["1", "-1"], "1"),
    ] {
        let column = of(&model, category(&levels, &[0, 1, u32::MAX])).expect("sound test input");
        assert_eq!(column.classes[1], positive);
        let first = f64::from(u8::from(levels[0] == positive));
        assert_eq!(values(&column), [first, 1.0 - first, -1.0]);
        assert!(column.notes.iter().any(|n| n.contains("positive class")), "{:?}", column.notes);
    }
    assert_eq!(values(&of(&model, number(&[0.0, 1.0, f64::NAN])).expect("sound test input")), [0.0, 1.0, -1.0]);
    assert_eq!(values(&of(&model, number(&[2.0, 1.0])).expect("sound test input")), [1.0, 0.0]);
    let yes = of(&model, Values::YesNo([1, 0, 2].into())).expect("sound test input");
    assert_eq!((values(&yes), yes.classes[1].as_str()), (vec![1.0, 0.0, -1.0], "yes"));
}

#[test]
fn names_of_the_model_win_over_guesses() {
    let mut model = card(TaskKind::Binary, 1);
    model.classes = vec!["bad".to_owned(), "good".to_owned()];
    let column = of(&model, category(&["good", "bad"], &[0, 1])).expect("sound test input");
    assert_eq!((values(&column), column.notes.len()), (vec![1.0, 0.0], 0));
}

#[test]
fn several_classes_without_names_are_taken_in_sorted_order() {
    let model = card(TaskKind::Multiclass, 3);
    let column = of(&model, category(&["red", "blue", "green"], &[0, 1, 2])).expect("sound test input");
    assert_eq!(values(&column), [2.0, 0.0, 1.0]);
    assert!(column.notes[0].contains("sorted order"), "{:?}", column.notes);
    assert_eq!(values(&of(&model, number(&[2.0, 0.0])).expect("sound test input")), [2.0, 0.0]);
    assert_eq!(values(&of(&model, number(&[1.0, 2.0, 3.0])).expect("sound test input")), [0.0, 1.0, 2.0]);
}

#[test]
fn what_does_not_fit_is_refused_with_a_sentence() {
    let refused = |card: &ModelCard, values: Values| match of(card, values) {
        Err(ModelError::Truth { reason, .. }) => reason,
        other => panic!("{other:?}"),
    };
    let (two, three) = (card(TaskKind::Binary, 1), card(TaskKind::Multiclass, 3));
    assert!(refused(&two, number(&[0.1, 0.2, 0.3])).contains("3 different values"));
    assert!(refused(&three, category(&["a", "b"], &[0, 1])).contains("cannot be matched"));
    assert!(refused(&card(TaskKind::Regression, 1), category(&["a"], &[0])).contains("predicts numbers"));
    let data = Dataset::new(Source::default(), vec![Column { name: "a".into(), values: number(&[1.0]) }])
        .expect("sound test input");
    assert!(matches!(truth(&two, &data), Err(ModelError::Truth { .. })));
}

#[test]
fn weights_come_from_their_role() {
    let columns = vec![
        Column { name: "goal".into(), values: number(&[1.0, 2.0]) },
        Column { name: "w".into(), values: number(&[3.0, f64::NAN]) },
    ];
    let data = Dataset::new(Source::default(), columns)
        .expect("sound test input")
        .with_role(0, Role::Target)
        .with_role(1, Role::Weight);
    let column = truth(&card(TaskKind::Regression, 1), &data).expect("sound test input");
    assert_eq!(column.weights.expect("sound test input").to_vec(), [3.0, 0.0]);
}
