/// Data sets in memory, shared by the trials that use them.
///
/// IDX sets are the same for every seed and loaded once; synthetic ones depend on the seed. A set
/// that nobody uses stays only until the next one is loaded, so that a thousand seeds do not add
/// up. Safe to use from several threads; two that want the same set load it once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "data/data_spec.h"
#include "data/dataset.h"
#include "experiment/config.h"

namespace initbench {

class DataCache {
  struct Entry;

 public:
  /// The right to use one data set; gives it back when it goes out of scope. Not longer than the
  /// cache.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : cache_(other.cache_), entry_(other.entry_) {
      other.cache_ = nullptr;
    }
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    const DataSplits& operator*() const;
    const DataSplits* operator->() const { return &**this; }

   private:
    friend class DataCache;
    Lease(DataCache& cache, Entry& entry) : cache_(&cache), entry_(&entry) {}
    DataCache* cache_;
    Entry* entry_;
  };

  DataCache();
  ~DataCache();

  /// Loads or generates the set unless it is here. Throws as `load_data`.
  Lease get(const ExperimentConfig& config);
  /// Number of sets in memory.
  std::size_t size() const;

 private:
  void give_back(Entry& entry);

  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>> entries_;
};

}  // namespace initbench
