#pragma once

#include "runtime/store/writer.hpp"

namespace conclave::store {

// What an operator sees of the writer; all of it nothing when the store is opened without metrics.
struct Writer::Instruments {
  explicit Instruments(observe::Metrics& metrics)
      : transactions(
            metrics.counter("conclave_store_transactions_total", "Transactions made durable.")),
        refused(metrics.counter("conclave_store_refused_total",
                                "Transactions refused: full disk, damage or inconsistent writes.")),
        commit_seconds(metrics.histogram(
            "conclave_store_commit_seconds", "One group of transactions, from begin to durable.",
            {0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1})),
        group_size(metrics.histogram("conclave_store_group_transactions",
                                     "Transactions that shared one fsync.",
                                     {1, 2, 4, 8, 16, 32, 64})),
        drain_seconds(metrics.histogram("conclave_store_drain_seconds",
                                        "One slice of the journal moved into blocks.",
                                        {0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.25, 1})),
        journal_entries(metrics.gauge("conclave_store_journal_entries",
                                      "Log entries not yet moved into blocks.")),
        log_pages(metrics.gauge("conclave_store_wal_pages", "Pages in the write-ahead log.")),
        writable(
            metrics.gauge("conclave_store_writable", "1: writes are accepted. 0: see the log.")) {
    writable.set(1);
  }

  observe::Counter transactions;
  observe::Counter refused;
  observe::Histogram commit_seconds;
  observe::Histogram group_size;
  observe::Histogram drain_seconds;
  observe::Gauge journal_entries;
  observe::Gauge log_pages;
  observe::Gauge writable;
};

}  // namespace conclave::store
