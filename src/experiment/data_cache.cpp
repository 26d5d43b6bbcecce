#include "experiment/data_cache.h"

#include <optional>

#include "experiment/field_writer.h"

namespace initbench {

struct DataCache::Entry {
  std::mutex loading;
  std::optional<DataSplits> data;
  int users = 0;  // guarded by the cache's mutex
};

DataCache::DataCache() = default;
DataCache::~DataCache() = default;

namespace {

std::string key_of(const ExperimentConfig& config) {
  FieldWriter writer;
  visit_fields(writer, config.data);
  const DatasetRow* row = find_dataset(config.data.dataset);
  const bool depends_on_seed = row == nullptr || row->synthetic;
  return writer.take().dump() + (depends_on_seed ? std::to_string(config.seed) : "");
}

}  // namespace

DataCache::Lease DataCache::get(const ExperimentConfig& config) {
  const std::string key = key_of(config);
  Entry* entry = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (!entries_.contains(key)) {
      // Room for the new set: what nobody uses goes.
      std::erase_if(entries_, [](const auto& item) { return item.second->users == 0; });
      entries_.emplace(key, std::make_unique<Entry>());
    }
    entry = entries_.at(key).get();
    ++entry->users;
  }
  Lease lease(*this, *entry);
  const std::lock_guard loading(entry->loading);
  if (!entry->data) entry->data = load_data(config.data, config.seed);
  return lease;
}

std::size_t DataCache::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

void DataCache::give_back(Entry& entry) {
  const std::lock_guard lock(mutex_);
  --entry.users;
}

DataCache::Lease::~Lease() {
  if (cache_ != nullptr) cache_->give_back(*entry_);
}

const DataSplits& DataCache::Lease::operator*() const { return *entry_->data; }

}  // namespace initbench
