/** Names with what they are, one a line; what is empty is left out. */
export function Facts({ rows }: { rows: readonly (readonly [name: string, value: string])[] }) {
	return (
		<dl class="facts">
			{rows
				.filter(([, value]) => value !== "")
				.map(([name, value]) => (
					<div key={name}>
						<dt>{name}</dt>
						<dd>
							<bdi>{value}</bdi>
						</dd>
					</div>
				))}
		</dl>
	);
}
