//! Steps that are known and not read: each is named in one sentence, with what to do instead.

/// Names of classes, what they do, and what to do instead.
static KNOWN: &[(&[&str], &str, &str)] = &[
    (
        &["FeatureHasher", "DictVectorizer"],
        "makes columns of dictionaries, which no column of a table holds",
        "Write the entries into columns of the table and encode them with OneHotEncoder",
    ),
    (
        &["CountVectorizer", "TfidfVectorizer", "HashingVectorizer", "TfidfTransformer"],
        "counts the words of a text",
        "Write the counts that matter into columns of the table and fit the estimator on those",
    ),
    (
        &["KNNImputer"],
        "fills missing values from the nearest rows of training",
        "Use SimpleImputer, or fill the columns of the table before fitting",
    ),
    (
        &["IterativeImputer"],
        "fills missing values with estimators of its own, partly at random",
        "Use SimpleImputer, or fill the columns of the table before fitting",
    ),
    (
        &[
            "KernelPCA",
            "NMF",
            "MiniBatchNMF",
            "LatentDirichletAllocation",
            "FactorAnalysis",
            "SparsePCA",
            "Nystroem",
            "RBFSampler",
        ],
        "makes new columns in a way that is not computed here",
        "Use PCA or TruncatedSVD, or write its columns into the table and fit the estimator on those",
    ),
    (
        &["LabelEncoder", "LabelBinarizer", "MultiLabelBinarizer"],
        "encodes targets and is no step for columns",
        "Use OrdinalEncoder or OneHotEncoder",
    ),
];

/// What a step of this class does that is not read, and what to do instead.
pub fn find(class: &str) -> Option<(&'static str, &'static str)> {
    KNOWN.iter().find(|(names, ..)| names.contains(&class)).map(|(_, what, hint)| (*what, *hint))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_that_is_not_read_is_named_with_a_recipe() {
        assert!(find("TfidfVectorizer").is_some_and(|(what, hint)| what.contains("words") && !hint.is_empty()));
        assert!(find("StandardScaler").is_none());
    }
}
