import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { de } from './de.problems';

// Made from the server's tables; `| reason | status | sentence |` by module.
const DOCUMENT = readFileSync(join(import.meta.dirname, '../../../docs/problems.md'), 'utf8');
/** Reasons that only the start, the log and the operator's commands say. */
const OPERATOR = new Set(
  `
  entry_too_new file_too_large_to_read program_missing program_not_run program_still_runs log_file_not_written
  setting_unknown setting_of_wrong_kind setting_out_of_range setting_is_a_list
  config_file_malformed postgres_not_reached postgres_too_old postgres_not_utf8
  postgres_not_durable postgres_in_use database_file_too_new database_tables_too_new migration_changed
  no_such_cursor cursor_outrun cursor_moved
  blob_exists blob_source_no_file blob_key_empty blob_key_too_long blob_key_characters
  blob_key_double_dot blob_key_dot_part blob_key_empty_part blob_key_begins_with_slash
  blob_key_ends_with_slash processing_cancelled processing_too_slow processing_stood_still
  media_worker_not_started media_worker_ended_early media_worker_not_locked_in
  media_worker_crashed media_worker_killed ladder_bench_empty no_such_event no_such_withdraw_kind no_such_wish_kind
  engine_option_out_of_range engine_option_too_small snapshot_of_other_options snapshot_too_new
  eval_file_not_read eval_line_malformed eval_file_malformed eval_option_wrong eval_nothing_to_measure
  vision_model_not_found vision_model_unusable vision_nothing_to_learn text_reader_unusable not_what_to_do_unlooked
  simulation_number_out_of_range simulation_arm_unknown
  log_record_too_new log_record_of_unknown_kind import_file_shrank import_not_a_file
  late_rendition_cut_off late_rendition_wrong value_weight_malformed snapshots_folder_not_made
  snapshots_folder_not_read snapshots_not_removed weights_no_object weight_unknown weight_no_number engine_without_memory event_log_emptied replay_not_promised
  print_damaged
`.split(/\s+/),
);

const sentences = new Map<string, string>();
const ofPeople = new Set<string>();
for (const section of DOCUMENT.split(/^## /m).slice(1)) {
  const module = section.slice(0, section.indexOf('\n')).trim();
  for (const [, reason = '', english = ''] of section.matchAll(/^\| `(\w+)` \| \d+ \| (.*) \|$/gm)) {
    sentences.set(reason, english);
    if (!['app', 'backup'].includes(module) && !OPERATOR.has(reason)) ofPeople.add(reason);
  }
}

const marksOf = (text: string) => [...text.matchAll(/\{(\w+)(?::\w+)?\}/g)].map(([, name]) => name);

describe('translations of the server’s reasons', () => {
  it('know only reasons that it has', () => {
    expect(sentences.size).toBeGreaterThan(150);
    expect(Object.keys(de).filter((reason) => !sentences.has(reason))).toEqual([]);
  });

  it('know every reason that a person can meet', () => {
    expect([...ofPeople].filter((reason) => !(reason in de))).toEqual([]);
  });

  it('use no value that the sentence lacks, and never shout', () => {
    for (const [reason, text] of Object.entries(de)) {
      const marks = marksOf(sentences.get(reason) ?? '');
      expect(marks, reason).toEqual(expect.arrayContaining(marksOf(text)));
      expect(text).not.toContain('!');
    }
  });
});
