#pragma once

/// The feed behind its interface. Internal to this module.

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "feed/engine_host.h"
#include "feed/feed.h"
#include "feed/feed_probe.h"
#include "feed/intake.h"
#include "feed/person_rates.h"
#include "feed/readings.h"
#include "feed/reasons.h"
#include "feed/store.h"
#include "feed/unrecorded.h"
#include "feed/why.h"

namespace filoscope::feed {

class FeedImpl final : public Feed {
 public:
  FeedImpl(const Parts& parts, std::unique_ptr<EngineHost> life)
      : parts_(parts),
        unrecorded_(parts.key, static_cast<std::size_t>(parts.config[kUnrecordedKept])),
        intake_(parts),
        host_(std::move(life)),
        readings_([this] { return host_->engine().stats(); }, parts.clock) {}

  Result<FeedAnswer> answer(const accounts::Viewer& viewer, const FeedRequest& request) override;
  Result<EventsAnswer> take_events(const accounts::Viewer& viewer,
                                   std::span<const ClientEvent> events) override;
  Result<DecisionView> decision(const accounts::Viewer& viewer, RequestId request) override;
  Result<DecisionView> why(const accounts::Viewer& viewer, std::string_view token) override;
  Result<Learned> learned(const accounts::Viewer& viewer) override;
  std::function<double(const catalog::Entry&)> taste(const accounts::Viewer& viewer) override;
  Result<std::vector<Wish>> wishes(const accounts::Viewer& viewer) override;
  Result<void> set_wish(const accounts::Viewer& viewer, const Wish& wish) override;
  Result<WithdrawalId> withdraw(const accounts::Viewer& viewer, engine::WithdrawKind kind,
                                std::string_view value) override;
  Result<void> undo_withdrawal(const accounts::Viewer& viewer, WithdrawalId id) override;
  Result<std::vector<Item>> items(const accounts::Viewer& viewer,
                                  std::vector<catalog::Entry> entries, Surface surface) override;
  Result<Impression> check_token(const accounts::Viewer& viewer,
                                 std::string_view token) const override;

  How how() const override;
  Result<WeightsView> weights() override;
  Result<WeightsView> set_weights(AccountId by, std::int64_t revision,
                                  const engine::HeadValues& weights) override;
  EngineView engine_view() const override;
  engine::EngineStats stats() const override { return host_->engine().stats(); }
  std::uint64_t state_hash() const override { return host_->engine().state_hash(); }
  Result<void> snapshot() override { return host_->snapshot(); }
  Result<void> finish_erasures() override { return host_->finish_erasures(); }
  Result<std::vector<std::string>> verify() override;
  Result<Reexecution> explain(RequestId request) override;

 private:
  struct Served {
    engine::RankRequest asked;
    engine::Ranking ranking;
    std::vector<catalog::Entry> entries;  ///< of ranking.items, in their order
  };
  Result<engine::RankRequest> ask(const accounts::Viewer& viewer, const FeedRequest& request) const;
  /// Ranks until all of it may be shown.
  Result<Served> rank_visible(const accounts::Viewer& viewer, engine::RankRequest asked);
  Result<void> record(const Served& served, std::int64_t at_ms);
  Result<void> settle(const accounts::Viewer& viewer, Served& served, Impression& pattern);
  /// `ranked`: where these entries come from; empty outside feeds.
  Result<std::vector<Item>> join(const accounts::Viewer& viewer,
                                 std::vector<catalog::Entry> entries, const Impression& pattern,
                                 std::span<const engine::DecisionItem> ranked);

  struct Recorded {
    DecisionRow row;
    engine::Decision decision;
  };
  Result<Recorded> read_decision(RequestId request);
  struct DecisionPlace {
    RequestId request;
    OutboxToken token = 0;
  };
  /// Whether its record is in the log.
  Result<bool> has_decision(const DecisionPlace& place);
  Result<void> execute_again(const engine::Engine& engine, const Recorded& recorded,
                             Reexecution& answer);
  Result<void> explain_items(const accounts::Viewer& viewer, DecisionView& view);
  /// The same from what the tokens of these items say; all of one answer.
  Result<DecisionView> view_of(const accounts::Viewer& viewer,
                               std::span<const Impression> impressions);
  Result<std::vector<AttendedVideo>> attended(const accounts::Viewer& viewer,
                                              const engine::Decision& decision);
  /// What of the clips that were attended to raised this one most, as things are now.
  Result<std::optional<Counterfactual>> counterfactual(const accounts::Viewer& viewer,
                                                       EntryId entry);
  Result<void> name_interests(const accounts::Viewer& viewer, const engine::PersonSummary& summary,
                              Learned& learned);
  Result<void> list_watched(const accounts::Viewer& viewer, const engine::PersonSummary& summary,
                            Learned& learned);
  Result<std::uint64_t> withdrawal_key(engine::WithdrawKind kind, std::string_view value);
  bool has_withdrawal(PersonKey person, WithdrawalId id) const;
  Result<void> append(const accounts::Viewer& viewer, LogRecord record);

  const Parts parts_;
  Probe probe_;
  Unrecorded unrecorded_;
  Intake intake_;
  PersonRates answer_rates_{parts_.config[kAnswersPerHourMax], reason("too_many_feed_answers")};
  PersonRates event_rates_{parts_.config[kEventsPerHourMax], reason("too_many_events")};
  PersonRates wish_rates_{parts_.config[kWishesPerHourMax], reason("too_many_wishes")};
  PersonRates withdrawal_rates_{parts_.config[kWithdrawalsPerHourMax],
                                reason("too_many_withdrawals")};
  std::unique_ptr<EngineHost> host_;
  Readings readings_;  ///< reads the engine
};

}  // namespace filoscope::feed
