/*
 * amplan: a dependency-graph migration planner and executor. The one header to include.
 */
#ifndef AMPLAN_AMPLAN_H
#define AMPLAN_AMPLAN_H

#include <amplan/check.h>
#include <amplan/error.h>
#include <amplan/executor.h>
#include <amplan/finding.h>
#include <amplan/report.h>
#include <amplan/session.h>
#include <amplan/startup.h>
#include <amplan/version.h>

#endif
