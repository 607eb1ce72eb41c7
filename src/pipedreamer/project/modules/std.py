"""Names by which folders of the first generation, and libraries of its time, import Deno's standard library.

Their engine mapped a few and every other one broke. These are all modules of the release that it mapped to; a workflow
that wants a later one maps the name in its deno.json.
"""

ADDRESS = "https://deno.land/std@0.224.0/"

_PATH = (
    ". basename common constants dirname extname format from_file_url glob_to_regexp is_absolute is_glob join"
    " join_globs normalize normalize_glob parse relative resolve separator to_file_url to_namespaced_path"
)

# package: its modules without `.ts`, `.` for mod.ts. Names with `_` are imported with `-` too.
_MODULES = {
    "archive": ". tar untar",
    "assert": ". assert assert_almost_equals assert_array_includes assert_equals assert_exists assert_false"
    " assert_greater assert_greater_or_equal assert_instance_of assert_is_error assert_less assert_less_or_equal"
    " assert_match assert_not_equals assert_not_instance_of assert_not_match assert_not_strict_equals"
    " assert_object_match assert_rejects assert_strict_equals assert_string_includes assert_throws assertion_error"
    " equal fail unimplemented unreachable",
    "async": ". abortable deadline debounce delay mux_async_iterator pool retry tee",
    "bytes": ". concat copy ends_with equals includes_needle index_of_needle last_index_of_needle repeat starts_with",
    "cli": ". parse_args prompt_secret spinner unicode_width",
    "collections": ". aggregate_groups associate_by associate_with chunk deep_merge distinct distinct_by"
    " drop_last_while drop_while filter_entries filter_keys filter_values find_single first_not_nullish_of"
    " includes_value intersect invert invert_by join_to_string map_entries map_keys map_not_nullish map_values max_by"
    " max_of max_with min_by min_of min_with omit partition partition_entries permutations pick reduce_groups"
    " running_reduce sample sliding_windows sort_by sum_of take_last_while take_while union unzip without_all zip",
    "crypto": ". crypto timing_safe_equal",
    "csv": ". csv_parse_stream csv_stringify_stream parse stringify",
    "data_structures": ". binary_heap binary_search_tree comparators red_black_tree",
    "datetime": ". constants day_of_year difference format is_leap parse week_of_year",
    "dotenv": ". load parse stringify",
    "encoding": ". ascii85 base32 base58 base64 base64url hex varint",
    "expect": ". expect fn",
    "flags": ".",
    "fmt": "bytes colors duration printf",
    "front_matter": ". any create_extractor json test toml yaml",
    "fs": ". copy empty_dir ensure_dir ensure_file ensure_link ensure_symlink eol exists expand_glob move walk",
    "html": ". entities",
    "http": ". cookie cookie_map etag file_server negotiation server_sent_event_stream status user_agent",
    "ini": ". parse stringify",
    "io": ". buf_reader buf_writer buffer copy copy_n iterate_reader limited_reader multi_reader read_all read_delim"
    " read_int read_lines read_long read_range read_short read_string_delim reader_from_stream_reader"
    " slice_long_to_bytes string_reader string_writer to_readable_stream to_writable_stream types write_all",
    "json": ". common concatenated_json_parse_stream json_parse_stream json_stringify_stream parse_stream"
    " stringify_stream types",
    "jsonc": ". parse",
    "log": ". base_handler console_handler critical debug error file_handler formatters get_logger handlers info levels"
    " logger mod rotating_file_handler setup warn",
    "media_types": ". content_type extension extensions_by_type format_media_type get_charset parse_media_type"
    " type_by_extension vendor/mime_db",
    "msgpack": ". decode encode",
    "net": ". get_available_port",
    "path": f"{_PATH} glob types",
    "path/posix": _PATH,
    "path/windows": _PATH,
    "regexp": ". escape",
    "semver": ". can_parse compare constants difference equals format format_range greater_or_equal greater_than"
    " greater_than_range increment is_range is_semver less_or_equal less_than less_than_range max_satisfying"
    " min_satisfying not_equals parse parse_range range_intersects range_max range_min satisfies test_range try_parse"
    " try_parse_range types",
    "streams": ". buffer byte_slice_stream concat_readable_streams copy delimiter_stream early_zip_readable_streams"
    " iterate_reader limited_bytes_transform_stream limited_transform_stream merge_readable_streams read_all"
    " readable_stream_from_reader reader_from_stream_reader text_delimiter_stream text_line_stream to_array_buffer"
    " to_blob to_json to_text to_transform_stream writable_stream_from_writer write_all writer_from_stream_writer"
    " zip_readable_streams",
    "testing": "bdd mock snapshot time types",
    "text": ". case closest_string compare_similarity levenshtein_distance to_camel_case to_kebab_case to_pascal_case"
    " to_snake_case word_similarity_sort",
    "toml": ". parse stringify",
    "ulid": ".",
    "url": ". basename dirname extname join normalize",
    "uuid": ". common constants v1 v3 v4 v5",
    "webgpu": ". create_capture describe_texture_format row_padding texture_with_data",
    "yaml": ". parse schema/ schema/core schema/default schema/extended schema/failsafe schema/json stringify type",
}


def std_imports() -> dict[str, str]:
    """The part of an import map that these names come to."""
    imports = {"std/": ADDRESS}
    for package, modules in _MODULES.items():
        for module in modules.split():
            target = f"{ADDRESS}{package}/{'mod' if module == '.' else module}.ts".replace("/.ts", "/mod.ts")
            name = f"@std/{package}" + ("" if module == "." else f"/{module.rstrip('/')}")
            imports |= {name: target, name.replace("_", "-"): target}
    return imports
