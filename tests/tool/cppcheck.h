/* SPDX-License-Identifier: Apache-2.0 */
/* What cppcheck does not know by itself: functions that do not return, and loops of jansson. */
#define _Noreturn __attribute__((noreturn))
#define json_object_foreach(object, key, value) \
	for (void *object_iter = json_object_iter(object); \
		object_iter && (key = json_object_iter_key(object_iter)) && \
		(value = json_object_iter_value(object_iter)); \
		object_iter = json_object_iter_next(object, object_iter))
#define json_array_foreach(array, i, value) \
	for (i = 0; (value = json_array_get(array, i)) != NULL; i++)
