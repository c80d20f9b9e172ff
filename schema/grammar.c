#include "schema/grammar.h"

#include <string.h>

#include "base/always.h"
#include "base/str.h"
#include "base/text.h"
#include "schema/values.h"

#define IN(element) (1u << AMP_EL_##element)
#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

struct rule {
	enum amp_attribute which;
	enum amp_value_type type;
	bool required, plan_only;
	const char *words[5]; /* of AMP_VALUE_WORD */
};

struct element {
	const char *name;
	unsigned parents,
		plan_parents; /* where it may stand, in a descriptor, in a plan */
	enum amp_inside inside;
	const struct rule *rules;
	size_t nrules;
};

static const char *const names[AMP_AT_COUNT] = {
	[AMP_AT_ID] = "id",
	[AMP_AT_MODULE] = "module",
	[AMP_AT_TRANSACTION] = "transaction",
	[AMP_AT_FOREIGN_KEYS] = "foreign-keys",
	[AMP_AT_MAINTENANCE] = "maintenance",
	[AMP_AT_BREAKING] = "breaking",
	[AMP_AT_ON] = "on",
	[AMP_AT_REASON] = "reason",
	[AMP_AT_ENGINE] = "engine",
	[AMP_AT_SRC] = "src",
	[AMP_AT_ON_FAIL] = "on-fail",
	[AMP_AT_KIND] = "kind",
	[AMP_AT_FILE] = "file",
	[AMP_AT_LINE] = "line",
	[AMP_AT_COLUMN] = "column",
	[AMP_AT_FORMAT] = "format",
	[AMP_AT_SEAL] = "seal",
	[AMP_AT_TOOL] = "tool",
	[AMP_AT_DIGEST] = "digest",
	[AMP_AT_TARGET] = "target",
	[AMP_AT_HEAD] = "head",
	[AMP_AT_START] = "start",
	[AMP_AT_END] = "end",
	[AMP_AT_FIDELITY] = "fidelity",
	[AMP_AT_DATABASE] = "database",
	[AMP_AT_ROLLBACK] = "rollback",
	[AMP_AT_NUMBER] = "number",
	[AMP_AT_STAGE] = "stage",
	[AMP_AT_STATEMENTS] = "statements",
	[AMP_AT_ROWS] = "rows",
	[AMP_AT_TYPE] = "type",
	[AMP_AT_NAME] = "name",
};

static const struct rule migrations_rules[] = {
	{.which = AMP_AT_MODULE, .type = AMP_VALUE_ID},
};

static const struct rule migration_rules[] = {
	{.which = AMP_AT_ID, .type = AMP_VALUE_ID, .required = true},
	{.which = AMP_AT_MODULE, .type = AMP_VALUE_ID},
	{.which = AMP_AT_TRANSACTION,
		.type = AMP_VALUE_WORD,
		.words = {"required", "none"}},
	{.which = AMP_AT_FOREIGN_KEYS, .type = AMP_VALUE_WORD, .words = {"off", "on"}},
	{.which = AMP_AT_MAINTENANCE, .type = AMP_VALUE_WORD, .words = {"true", "false"}},
	{.which = AMP_AT_BREAKING, .type = AMP_VALUE_WORD, .words = {"true", "false"}},
	{.which = AMP_AT_FILE, .plan_only = true},
	{.which = AMP_AT_LINE, .type = AMP_VALUE_NUMBER, .plan_only = true},
	{.which = AMP_AT_COLUMN, .type = AMP_VALUE_NUMBER, .plan_only = true},
};

static const struct rule edge_rules[] = {
	{.which = AMP_AT_ON, .type = AMP_VALUE_REFERENCE, .required = true},
	{.which = AMP_AT_REASON, .type = AMP_VALUE_REASON},
};

static const struct rule replaces_rules[] = {
	{.which = AMP_AT_ID, .type = AMP_VALUE_REFERENCE, .required = true},
};

#define ENGINE_RULE                                             \
	{                                                       \
		.which = AMP_AT_ENGINE, .type = AMP_VALUE_WORD, \
		.words = {"sqlite", "postgresql"},              \
	}
#define SRC_RULE                                             \
	{                                                    \
		.which = AMP_AT_SRC, .type = AMP_VALUE_FILE, \
	}

static const struct rule sql_rules[] = {ENGINE_RULE, SRC_RULE};

static const struct rule irreversible_rules[] = {
	{.which = AMP_AT_REASON, .type = AMP_VALUE_REASON, .required = true},
};

static const struct rule verify_rules[] = {ENGINE_RULE};

static const struct rule precondition_rules[] = {
	ENGINE_RULE,
	{.which = AMP_AT_ON_FAIL,
		.type = AMP_VALUE_WORD,
		.words = {"halt", "mark-applied"}},
};

static const struct rule allow_rules[] = {
	{.which = AMP_AT_KIND, .type = AMP_VALUE_KIND, .required = true},
	{.which = AMP_AT_REASON, .type = AMP_VALUE_REASON, .required = true},
};

static const struct rule plan_rules[] = {
	{.which = AMP_AT_FORMAT,
		.type = AMP_VALUE_WORD,
		.required = true,
		.words = {"1"}},
	{.which = AMP_AT_SEAL, .type = AMP_VALUE_SEAL, .required = true},
	{.which = AMP_AT_TOOL, .required = true},
	{.which = AMP_AT_ENGINE,
		.type = AMP_VALUE_WORD,
		.required = true,
		.words = {"sqlite", "postgresql"}},
	{.which = AMP_AT_DIGEST, .required = true},
	{.which = AMP_AT_TARGET, .required = true},
	{.which = AMP_AT_HEAD, .required = true},
	{.which = AMP_AT_START, .required = true},
	{.which = AMP_AT_END, .required = true},
	{.which = AMP_AT_FIDELITY,
		.type = AMP_VALUE_WORD,
		.required = true,
		.words = {"none", "empty", "schema", "copy"}},
	{.which = AMP_AT_DATABASE, .required = true},
	{.which = AMP_AT_ROLLBACK,
		.type = AMP_VALUE_WORD,
		.required = true,
		.words = {"true", "false"}},
};

static const struct rule step_rules[] = {
	{.which = AMP_AT_NUMBER, .type = AMP_VALUE_NUMBER, .required = true},
	{.which = AMP_AT_STAGE, .type = AMP_VALUE_NUMBER, .required = true},
	{.which = AMP_AT_STATEMENTS, .type = AMP_VALUE_NUMBER, .required = true},
	{.which = AMP_AT_ROWS, .type = AMP_VALUE_NUMBER, .required = true},
};

static const struct rule effect_rules[] = {
	{.which = AMP_AT_KIND,
		.type = AMP_VALUE_WORD,
		.required = true,
		.words = {"created", "altered", "dropped"}},
	{.which = AMP_AT_TYPE, .required = true},
	{.which = AMP_AT_NAME, .required = true},
};

#define RULES(array) array, COUNT_OF(array)
#define PART IN(MIGRATION), IN(MIGRATION)

static const struct element elements[AMP_EL_COUNT] = {
	[AMP_EL_MIGRATIONS] = {"migrations", IN(ROOT), 0, AMP_INSIDE_CHILDREN,
		RULES(migrations_rules)},
	[AMP_EL_MIGRATION] = {"migration", IN(ROOT) | IN(MIGRATIONS), IN(STEP),
		AMP_INSIDE_CHILDREN, RULES(migration_rules)},
	[AMP_EL_DESCRIPTION] = {"description", PART, AMP_INSIDE_TEXT, NULL, 0},
	[AMP_EL_DEPENDS] = {"depends", PART, AMP_INSIDE_NOTHING, RULES(edge_rules)},
	[AMP_EL_AFTER] = {"after", PART, AMP_INSIDE_NOTHING, RULES(edge_rules)},
	[AMP_EL_REPLACES] = {"replaces", PART, AMP_INSIDE_NOTHING, RULES(replaces_rules)},
	[AMP_EL_UP] = {"up", PART, AMP_INSIDE_TEXT, RULES(sql_rules)},
	[AMP_EL_DOWN] = {"down", PART, AMP_INSIDE_TEXT, RULES(sql_rules)},
	[AMP_EL_IRREVERSIBLE] = {"irreversible", PART, AMP_INSIDE_NOTHING,
		RULES(irreversible_rules)},
	[AMP_EL_VERIFY] = {"verify", PART, AMP_INSIDE_TEXT, RULES(verify_rules)},
	[AMP_EL_PRECONDITION] = {"precondition", PART, AMP_INSIDE_TEXT,
		RULES(precondition_rules)},
	[AMP_EL_ALLOW] = {"allow", PART, AMP_INSIDE_NOTHING, RULES(allow_rules)},
	[AMP_EL_PLAN] = {"plan", 0, IN(ROOT), AMP_INSIDE_CHILDREN, RULES(plan_rules)},
	[AMP_EL_STEP] = {"step", 0, IN(PLAN), AMP_INSIDE_CHILDREN, RULES(step_rules)},
	[AMP_EL_EFFECT] = {"effect", 0, IN(STEP), AMP_INSIDE_NOTHING,
		RULES(effect_rules)},
	[AMP_EL_SCHEMA_DIFF] = {"schema-diff", 0, IN(PLAN), AMP_INSIDE_TEXT, NULL, 0},
};

const char *amp_grammar_name(enum amp_element element)
{
	return elements[element].name;
}

enum amp_inside amp_grammar_inside(enum amp_element element)
{
	return elements[element].inside;
}

/* The elements that may stand in `parent`, as a list of names. */
static size_t list_children(bool plan, enum amp_element parent, const char **list)
{
	size_t count = 0;
	for (int i = AMP_EL_ROOT + 1; i < AMP_EL_COUNT; i++) {
		unsigned parents = plan ? elements[i].plan_parents : elements[i].parents;
		if (parents & (1u << parent))
			list[count++] = elements[i].name;
	}
	return count;
}

/* "'a', 'b' or 'c'" */
static void join(struct amp_str *str, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		amp_str_addf(str, "%s'%s'",
			i == 0                  ? ""
				: i + 1 < count ? ", "
						: " or ",
			words[i]);
}

static void hint_words(struct amp_findings *findings, struct amplan_finding *finding,
	const char *word, const char *const *words, size_t count)
{
	const char *near = amp_text_nearest(word, words, count);
	AMP_STR_AUTO list = AMP_STR_INIT;
	join(&list, words, count);
	if (list.failed)
		findings->failed = true;
	if (near)
		amp_finding_hint(findings, finding, "did you mean '%s'?", near);
	else if (count)
		amp_finding_hint(findings, finding, "what may stand here: %s",
			amp_str_text(&list));
	else
		amp_finding_hint(findings, finding, "remove it");
}

static void refuse_root(const struct amp_complain *complain, bool plan,
	const struct amp_xml_element *element, const char *shown)
{
	struct amp_findings *findings = complain->findings;
	if (plan) {
		amp_finding_hint(findings,
			amp_complain(complain, element->at,
				"the root element is '%s', not 'plan'", shown),
			"a saved plan is written by 'amplan plan --out FILE'");
		return;
	}
	struct amplan_finding *finding = amp_complain(complain, element->at,
		"the root element is '%s', not 'migration' or 'migrations'", shown);
	amp_complain_hint(complain, finding,
		strcmp(element->name, "plan")
			? "keep other XML files outside of the migrations folder"
			: "this is a saved plan; keep it outside of the migrations "
			  "folder");
}

static void refuse_element(const struct amp_complain *complain, bool plan,
	enum amp_element parent, const struct amp_xml_element *element)
{
	struct amp_findings *findings = complain->findings;
	const char *shown = amp_shown(findings, element->name, strlen(element->name));
	if (parent == AMP_EL_ROOT) {
		refuse_root(complain, plan, element, shown);
		return;
	}
	if (elements[parent].inside != AMP_INSIDE_CHILDREN) {
		struct amplan_finding *finding = amp_complain(complain, element->at,
			"an element '%s' is not allowed in '%s'", shown,
			elements[parent].name);
		amp_complain_hint(complain, finding,
			elements[parent].inside == AMP_INSIDE_TEXT
				? "for a '<' in the text write '&lt;' or use CDATA"
				: "remove it");
		return;
	}
	const char *list[AMP_EL_COUNT];
	size_t count = list_children(plan, parent, list);
	bool known = false;
	for (int i = AMP_EL_ROOT + 1; i < AMP_EL_COUNT; i++)
		known = known || !strcmp(elements[i].name, element->name);
	struct amplan_finding *finding = amp_complain(complain, element->at,
		known ? "an element '%s' is not allowed in '%s'"
		      : "unknown element '%s' in '%s'",
		shown, elements[parent].name);
	hint_words(findings, finding, element->name, list, count);
}

enum amp_element amp_grammar_element(const struct amp_complain *complain, bool plan,
	enum amp_element parent, const struct amp_xml_element *element)
{
	for (int i = AMP_EL_ROOT + 1; i < AMP_EL_COUNT; i++) {
		unsigned parents = plan ? elements[i].plan_parents : elements[i].parents;
		if ((parents & (1u << parent)) &&
			!strcmp(elements[i].name, element->name))
			return (enum amp_element)i;
	}
	refuse_element(complain, plan, parent, element);
	return AMP_EL_NONE;
}

static size_t count_words(const struct rule *rule)
{
	size_t count = 0;
	/* no rule of the table has as many */
	while (AMP_ALWAYS(count < COUNT_OF(rule->words)) && rule->words[count])
		count++;
	return count;
}

static void refuse_word(const struct amp_complain *complain, const struct rule *rule,
	struct amp_scan_range at, const char *value)
{
	size_t count = count_words(rule);
	AMP_STR_AUTO list = AMP_STR_INIT;
	join(&list, rule->words, count);
	struct amplan_finding *finding = amp_complain(complain, at,
		"'%s' is '%s', but must be %s", names[rule->which],
		amp_shown(complain->findings, value, strlen(value)), amp_str_text(&list));
	const char *near = amp_text_nearest(value, rule->words, count);
	if (near)
		amp_finding_hint(complain->findings, finding, "did you mean '%s'?", near);
	else
		amp_finding_hint(
			complain->findings, finding, "write %s", amp_str_text(&list));
	if (list.failed)
		complain->findings->failed = true;
}

/* Checks one value and keeps it where it is good. */
static void take_value(const struct amp_complain *complain, const struct rule *rule,
	const struct amp_xml_attribute *attribute, struct amp_values *values)
{
	struct amp_findings *findings = complain->findings;
	char *value =
		amp_arena_strndup(findings->arena, attribute->value, attribute->length);
	values->at[rule->which] = attribute->value_at;
	if (!value) {
		findings->failed = true;
		return;
	}
	bool fits = amp_value_fits(rule->type, value);
	if (rule->type == AMP_VALUE_WORD) {
		fits = false;
		for (size_t i = 0; i < count_words(rule); i++)
			fits = fits || !strcmp(rule->words[i], value);
		if (!fits)
			refuse_word(complain, rule, attribute->value_at, value);
	} else if (!fits) {
		struct amplan_finding *finding =
			amp_complain(complain, attribute->value_at,
				*value ? "'%s' cannot be '%s'" : "'%s' is empty",
				names[rule->which],
				amp_shown(findings, value, attribute->length));
		amp_finding_hint(findings, finding, "%s", amp_value_rule(rule->type));
	}
	if (fits)
		values->text[rule->which] = value;
}

static const struct rule *find_rule(
	bool plan, const struct element *element, const char *name)
{
	for (size_t i = 0; i < element->nrules; i++)
		if ((plan || !element->rules[i].plan_only) &&
			!strcmp(names[element->rules[i].which], name))
			return &element->rules[i];
	return NULL;
}

static void refuse_attribute(const struct amp_complain *complain, bool plan,
	const struct element *element, const struct amp_xml_attribute *attribute)
{
	const char *list[AMP_AT_COUNT];
	size_t count = 0;
	for (size_t i = 0; i < element->nrules; i++)
		if (plan || !element->rules[i].plan_only)
			list[count++] = names[element->rules[i].which];
	struct amplan_finding *finding = amp_complain(complain, attribute->name_at,
		"unknown attribute '%s' on '%s'",
		amp_shown(complain->findings, attribute->name, strlen(attribute->name)),
		element->name);
	hint_words(complain->findings, finding, attribute->name, list, count);
}

static void refuse_missing(const struct amp_complain *complain,
	const struct element *element, const struct rule *rule, struct amp_scan_range at)
{
	struct amplan_finding *finding = amp_complain(complain, at,
		"'%s' needs the attribute '%s'", element->name, names[rule->which]);
	amp_finding_hint(complain->findings, finding, "write <%s %s=\"...\">",
		element->name, names[rule->which]);
}

void amp_grammar_attributes(const struct amp_complain *complain, bool plan,
	enum amp_element which, const struct amp_xml_element *written,
	struct amp_values *values)
{
	const struct element *element = &elements[which];
	*values = (struct amp_values){0};
	bool given[AMP_AT_COUNT] = {false};
	for (size_t i = 0; i < written->nattributes; i++) {
		const struct amp_xml_attribute *attribute = &written->attributes[i];
		const struct rule *rule = find_rule(plan, element, attribute->name);
		if (rule) {
			given[rule->which] = true;
			take_value(complain, rule, attribute, values);
		} else {
			refuse_attribute(complain, plan, element, attribute);
		}
	}
	for (size_t i = 0; i < element->nrules; i++)
		if (element->rules[i].required && !given[element->rules[i].which])
			refuse_missing(
				complain, element, &element->rules[i], written->at);
}
