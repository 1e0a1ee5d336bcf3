use super::*;

fn single() -> Layout {
    Layout::of("global", Arrangement::chart("importance-bar"))
}

fn kinds(layout: &Layout) -> Vec<String> {
    let panes = layout.tree.tiles.tiles().filter_map(|t| if let Tile::Pane(p) = t { Some(p) } else { None });
    let mut kinds: Vec<String> = panes.map(|p| p.part.clone().unwrap_or_else(|| p.kind.clone())).collect();
    kinds.sort();
    kinds
}

#[test]
fn tiles_are_split_closed_and_come_back_from_a_file() {
    let mut layout = single();
    layout.split(true, &[]);
    layout.split(false, &["importance-bar", "dependence"].map(Shows::chart));
    assert_eq!(layout.count(), 3);
    layout.active().expect("there is a tile").kind = "beeswarm".to_owned();
    let text = serde_json::to_string(&layout).unwrap();
    let again: Layout = serde_json::from_str(&text).unwrap();
    assert_eq!(again, layout);
    layout.close();
    layout.close();
    layout.close();
    assert_eq!(layout.count(), 1, "the last tile stays");
    assert_eq!(layout.active().map(|p| p.kind.clone()).as_deref(), Some("importance-bar"));
}

#[test]
fn a_kind_is_shown_where_it_is_already() {
    let mut layout = single();
    layout.split(true, &[]);
    for kind in ["dependence", "importance-bar", "dependence"] {
        layout.bring(&Shows::chart(kind));
    }
    assert_eq!(kinds(&layout), ["dependence", "importance-bar"]);
}

#[test]
fn tiles_have_a_limit_and_a_damaged_layout_is_forgotten() {
    let mut layout = single();
    (0..40).for_each(|k| layout.split(k % 2 == 0, &[]));
    layout.add(&Shows::chart("beeswarm"));
    assert_eq!(layout.count(), MOST);
    let good = serde_json::to_value(&layout).unwrap();
    let mixed = serde_json::json!({ "global": good, "local": 7 });
    let read = lenient(mixed).unwrap();
    assert_eq!(read.keys().collect::<Vec<_>>(), ["global"]);
}

fn twofold(share: f32) -> Arrangement {
    Arrangement::Beside(vec![(share, Arrangement::part("values")), (1.0 - share, Arrangement::charts(["a", "b"]))])
}

#[test]
fn a_chart_never_takes_the_place_of_a_part() {
    let mut layout = Layout::of("what-if", twofold(0.3));
    assert_eq!(layout.active().map(|p| p.kind.clone()).as_deref(), Some("a"), "the first chart is the active tile");
    layout.bring(&Shows::part("values"));
    layout.bring(&Shows::chart("c"));
    assert_eq!(kinds(&layout), ["a", "b", "c", "values"]);
    let frame = layout.frame_of(layout.active_id().expect("there is a tile"));
    assert!(matches!(layout.tree.tiles.get_container(frame), Some(Container::Tabs(tabs)) if tabs.children.len() == 3));
}

#[test]
fn a_usual_arrangement_follows_the_window_until_a_person_changes_it() {
    let layout = Layout::of("what-if", twofold(0.3)).or_usual("what-if", twofold(0.2));
    assert_eq!(layout, Layout::of("what-if", twofold(0.2)));
    let mut mine = layout;
    mine.split(false, &[Shows::part("values"), Shows::chart("d")]);
    assert_eq!(kinds(&mine), ["a", "b", "d", "values"]);
    let kept = mine.clone().or_usual("what-if", twofold(0.3));
    assert_eq!(kept, mine);
}

#[test]
fn a_layout_from_before_parts_is_read_as_it_was() {
    let mut layout = single();
    layout.split(true, &[Shows::chart("beeswarm")]);
    let old = serde_json::to_value(&layout).unwrap();
    let text = old.to_string();
    assert!(!text.contains("part") && !text.contains("usual"), "a file as it was written before: {text}");
    assert_eq!(lenient(serde_json::json!({ "global": old })).unwrap().get("global"), Some(&layout));
}
