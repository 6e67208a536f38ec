extension SeccompProfile {
    static let builtinDigest = ""
    static let builtinText = "{\"defaultAction\":\"SCMP_ACT_ERRNO\"}"
}
